-- NOTIFY once for each batch, as it takes a global lock at commit.
-- answers: nothing
SELECT pg_notify('lockbox_outbox', '')
