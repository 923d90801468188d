-- The lock of common/models/sql/lock.sql, for the session: taken before the snapshot is. An auditor's batch
-- may be under way.
SET lock_timeout = '60s';
SELECT pg_advisory_lock(hashtextextended('lockbox audit models', 0))
