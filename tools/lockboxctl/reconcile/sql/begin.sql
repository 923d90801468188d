-- Allows decisions in this session although the database was restored: see clock.sql.
-- answers: nothing
SELECT set_config('lockbox.reconciling', 'on', false)
