-- The quarantine keeps 256 KB of a record: what is longer is cut, and what it was is known by its length and hash.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE quarantine
    ADD COLUMN whole_bytes bigint,
    ADD COLUMN whole_hash bytea CHECK (octet_length(whole_hash) = 32),
    ADD CONSTRAINT quarantine_cut CHECK ((whole_bytes IS NULL) = (whole_hash IS NULL));
COMMENT ON COLUMN quarantine.whole_bytes IS 'Of a record that was cut: the length of its key, headers and value. NULL: it is whole.';
COMMENT ON COLUMN quarantine.whole_hash IS 'The hash of its leaf, as audit.event.leaf_hash has it.';
GRANT INSERT (whole_bytes, whole_hash) ON quarantine TO lockbox_requester, lockbox_decider, lockbox_notifier;

UPDATE schema_version SET version = 63;

RESET ROLE;
