-- One order of an operator steps over no more records than lockboxctl takes: not all that are to come.
-- Fits any later version: it adds a constraint.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE partition_order ADD CONSTRAINT partition_order_bounded CHECK (last_offset - first_offset < 1048576) NOT VALID;

UPDATE schema_version SET version = greatest(version, 154);

RESET ROLE;
