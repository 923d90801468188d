-- One auditor publishes checkpoints at a time; the lock ends with its session.
SELECT pg_try_advisory_lock(71062)
