-- Operators compare access with what the audit store says of it (lockboxctl audit reconcile).

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

GRANT SELECT ON access_item TO lockbox_operator;

UPDATE schema_version SET version = 42;

RESET ROLE;
