-- A record is published again at a place that there is: an event that names another is none, and nothing would tell of it.
-- Fits any later version.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE quarantine_settlement ADD CONSTRAINT quarantine_settlement_place CHECK ("partition" >= 0 AND "offset" >= 0) NOT VALID;

UPDATE schema_version SET version = greatest(version, 150);

RESET ROLE;
