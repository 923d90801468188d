-- answers: it_does boolean
SELECT to_regclass('public.lockbox_migration') IS NOT NULL AS it_does
