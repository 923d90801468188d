-- Once a batch: NOTIFY takes a global lock at commit.
SELECT pg_notify('lockbox_outbox', '')
