-- answers: nothing
SELECT pg_notify('lockbox_due', '')
