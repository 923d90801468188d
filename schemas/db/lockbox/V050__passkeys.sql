-- Keys that approvers sign with may be passkeys: a point of P-256, uncompressed, and for whom and where it signs.
-- A program of the version before knows no assertion: it would take a decision that a passkey signed for unsigned.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE approver_key
    ADD COLUMN rp_id   text,
    ADD COLUMN origins text[],
    DROP CONSTRAINT approver_key_public_key_check,
    ADD CONSTRAINT approver_key_kind CHECK (
        CASE octet_length(public_key)
            WHEN 32 THEN rp_id IS NULL AND origins IS NULL
            WHEN 65 THEN rp_id IS NOT NULL AND coalesce(cardinality(origins) BETWEEN 1 AND 5, false)
            ELSE false
        END);

UPDATE schema_version SET version = 50, oldest_program = 50;

RESET ROLE;
