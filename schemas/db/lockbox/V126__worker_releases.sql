-- Whoever operates a small deployment, or a stack for trying things, by lockbox_worker releases a subscription and drops a row, too: as
-- they settle records and send mails again. What is ordered of both databases stays lockbox_operator's.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

GRANT EXECUTE ON FUNCTION subscription_release(text, text, text), outbox_drop(bigint, text, text) TO lockbox_worker;

UPDATE schema_version SET version = greatest(version, 126);

RESET ROLE;
