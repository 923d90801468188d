-- Models are compared whole: a session that keeps off sequential scans, as the workers' and lockboxctl's do, would
-- have PostgreSQL compile each comparison for seconds.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER FUNCTION model_differences(text) SET enable_seqscan = on SET jit = off;
ALTER FUNCTION replace_model(text) SET enable_seqscan = on SET jit = off;

GRANT SELECT ON cosignature TO lockbox_tenant_auditor;

UPDATE schema_version SET version = 6, oldest_program = 6;

RESET ROLE;
