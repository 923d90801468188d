-- Changes of tenants that were signed: a signature counts once, and not before the tenant's last signed change.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE TABLE signed_change (
    tenant_id   text        NOT NULL,
    signed_hash text        NOT NULL, -- SHA-256, hex, of what the signature is over
    signed_at   timestamptz NOT NULL, -- when it counted
    PRIMARY KEY (tenant_id, signed_hash)
);
CREATE INDEX signed_change_last ON signed_change (tenant_id, signed_at);
GRANT SELECT, INSERT ON signed_change TO lockbox_requester;

-- A key or an administrator concerns every subscription of the tenant.
CREATE INDEX subscription_tenant ON subscription (tenant_id);

UPDATE schema_version SET version = 18, oldest_program = 18;

RESET ROLE;
