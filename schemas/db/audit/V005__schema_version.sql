-- Which programs this schema fits: as in the operational database.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

CREATE TABLE schema_version (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version        integer NOT NULL,
    oldest_program integer NOT NULL
);
INSERT INTO schema_version (version, oldest_program) VALUES (5, 5);
GRANT SELECT ON schema_version TO lockbox_audit_writer, lockbox_auditor;

RESET ROLE;
