-- Once a batch: NOTIFY takes a global lock at commit.
-- answers: nothing
SELECT pg_notify('lockbox_outbox', '')
