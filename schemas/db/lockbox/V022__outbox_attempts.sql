-- What becomes of an event that Kafka does not take at once stands on its row, and holds up no other key's.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE outbox
    ADD attempts        integer NOT NULL DEFAULT 0, -- that failed
    ADD next_attempt_at timestamptz,                -- not before; NULL: at once
    ADD last_error      text;                       -- Kafka's name for it

-- The rows of a key, in order; those that wait for their time.
CREATE INDEX outbox_keys ON outbox (aggregateid, seq) WHERE published_at IS NULL;
CREATE INDEX outbox_waiting ON outbox (next_attempt_at) WHERE published_at IS NULL AND next_attempt_at IS NOT NULL;

ALTER TABLE quarantine
    ADD attempts        integer NOT NULL DEFAULT 0,
    ADD next_attempt_at timestamptz,
    ADD last_error      text,
    ADD refused_at      timestamptz; -- Kafka will never take the dead letter; the record itself stays here
CREATE INDEX quarantine_refused ON quarantine (quarantine_id) WHERE refused_at IS NOT NULL;

GRANT UPDATE (attempts, next_attempt_at, last_error) ON outbox TO lockbox_relay;
GRANT UPDATE (attempts, next_attempt_at, last_error, refused_at) ON quarantine TO lockbox_relay;
GRANT SELECT ON quarantine_settlement TO lockbox_relay;
GRANT SELECT (attempts, next_attempt_at, last_error) ON outbox TO lockbox_operator;

UPDATE schema_version SET version = 22;

RESET ROLE;
