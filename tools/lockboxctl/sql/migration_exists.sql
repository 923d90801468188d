SELECT to_regclass('public.lockbox_migration') IS NOT NULL
