SELECT version, name, checksum, applied_at FROM public.lockbox_migration ORDER BY version
