-- The last record that was read stands beside the offset behind it: so a log that was replaced, or cut, is not read on as
-- if nothing had happened.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE consumer_offset
    ADD COLUMN last_offset bigint, -- NULL: not known
    ADD COLUMN last_hash   bytea CHECK (octet_length(last_hash) = 32); -- of its leaf, as a transparency log has it

UPDATE schema_version SET version = 27;

RESET ROLE;
