-- One auditor publishes checkpoints at a time; the lock ends with its session.
-- answers: leads boolean
SELECT pg_try_advisory_lock(71062) AS leads
