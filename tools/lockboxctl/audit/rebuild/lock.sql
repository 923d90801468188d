-- The lock of common/models/sql/lock.sql, for the session: taken before the snapshot, as a batch of
-- the auditor may be running.
SET lock_timeout = '60s';
SELECT pg_advisory_lock(hashtextextended('lockbox audit models', 0))
