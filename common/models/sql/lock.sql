-- Blocks a rebuild until the transaction ends.
-- answers: nothing
SELECT pg_advisory_xact_lock_shared(hashtextextended('lockbox audit models', 0))
