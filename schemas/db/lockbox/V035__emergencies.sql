-- What decides whether another emergency is allowed: the subscription's emergencies before it, and the authorizations that
-- were used.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- An emergency is what should be acknowledged. Few requests are one.
CREATE INDEX request_emergency ON request (lower(subscription_id COLLATE "C"))
 WHERE strpos(standing, ',"acknowledge_by":"') > 0;

-- An authorization opens one emergency.
CREATE TABLE emergency_authorization (
    signed_hash text        PRIMARY KEY, -- SHA-256, hex, of what the signature is over
    used_at     timestamptz NOT NULL
);
GRANT SELECT, INSERT ON emergency_authorization TO lockbox_requester;

UPDATE schema_version SET version = 35;

RESET ROLE;
