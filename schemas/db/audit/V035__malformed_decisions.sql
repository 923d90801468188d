-- A decision that could not be read has a verdict, too: malformed, of nobody, on a request that may be unknown.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE decision
    ALTER request_id DROP NOT NULL,
    ALTER decision DROP NOT NULL,
    ALTER by_id DROP NOT NULL,
    ALTER by_email DROP NOT NULL,
    ALTER by_name DROP NOT NULL;

UPDATE schema_version SET version = greatest(version, 35);

RESET ROLE;
