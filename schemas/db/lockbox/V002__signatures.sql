-- Keys that approvers sign decisions with (Ed25519, RFC 8032), and when each held.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE TABLE approver_key (
    tenant_id    text        NOT NULL,
    principal_id text        NOT NULL,
    public_key   bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    set_at       timestamptz NOT NULL,
    removed_at   timestamptz
);
CREATE UNIQUE INDEX approver_key_held ON approver_key (tenant_id, principal_id) WHERE removed_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON approver_key TO lockbox_worker;

RESET ROLE;
