-- A mail about a tenant has no request.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE notification ALTER request_id DROP NOT NULL;

UPDATE schema_version SET version = greatest(version, 37);

RESET ROLE;
