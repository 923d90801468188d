-- As in the operational database; nothing is found so in this one.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE set_back ADD told boolean NOT NULL DEFAULT false;

UPDATE schema_version SET version = 31;

RESET ROLE;
