-- Keeps off a rebuild until the transaction's end.
-- answers: nothing
SELECT pg_advisory_xact_lock_shared(hashtextextended('lockbox audit models', 0))
