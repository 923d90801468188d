-- takes: version integer, name text, checksum text
INSERT INTO public.lockbox_migration (version, name, checksum) VALUES (:version, :name, :checksum)
