-- lockbox_worker stays able to do what any role can: whoever operates a small deployment by it settles, too.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

GRANT SELECT ON quarantine_settlement TO lockbox_worker;
GRANT EXECUTE ON FUNCTION quarantine_begin(bigint, text, text, text),
    quarantine_settle(bigint, timestamptz, uuid, text, integer, bigint), notification_retry(uuid[], uuid)
    TO lockbox_worker;

UPDATE schema_version SET version = 8;

RESET ROLE;
