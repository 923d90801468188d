-- A tenant's auditor proves records as every auditor does: with the witnesses' cosignatures.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

GRANT SELECT ON cosignature TO lockbox_tenant_auditor;

-- Whoever proves asks whether the session sees every tenant.
GRANT SELECT ON tenant_binding TO lockbox_audit_writer;

UPDATE schema_version SET version = 55;

RESET ROLE;
