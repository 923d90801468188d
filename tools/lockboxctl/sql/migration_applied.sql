-- answers: version integer, name text, checksum text, applied_at text
SELECT version, name, checksum, applied_at FROM public.lockbox_migration ORDER BY version
