-- What was rejected stays in the inbox: the same bytes may come again under its id, others may not.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE inbox ADD COLUMN rejected boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN inbox.rejected IS 'It went to quarantine and had no effect: the same event is judged again.';
GRANT UPDATE (rejected, received_at) ON inbox TO lockbox_requester, lockbox_decider, lockbox_notifier;

UPDATE schema_version SET version = 9;

RESET ROLE;
