-- answers: nothing
SELECT pg_notify('audit_checkpoint', '')
