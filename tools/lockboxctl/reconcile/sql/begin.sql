-- In this session the database may be decided in although it was set back: see clock.sql.
-- answers: nothing
SELECT set_config('lockbox.reconciling', 'on', false)
