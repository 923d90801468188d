-- An event that Kafka refuses for good waits for an operator, and holds up no key but its own.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE outbox ADD refused_at timestamptz; -- Kafka will never take it; until an operator drops it
CREATE INDEX outbox_refused ON outbox (seq) WHERE refused_at IS NOT NULL;

GRANT UPDATE (refused_at) ON outbox TO lockbox_relay;
GRANT SELECT (seq, id, aggregatetype, aggregateid, type, created_at, published_at, refused_at) ON outbox TO lockbox_operator;

-- Rows that an operator took out of the outbox, whole: nobody was told of them.
CREATE TABLE outbox_dropped (
    seq           bigint      PRIMARY KEY,
    id            uuid        NOT NULL,
    aggregatetype text        NOT NULL,
    aggregateid   text        NOT NULL,
    type          text        NOT NULL,
    payload       text        NOT NULL,
    created_at    timestamptz NOT NULL,
    refused_at    timestamptz NOT NULL,
    operator_id   text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login         text        NOT NULL,                           -- who the server says they are
    reason        text        NOT NULL CHECK (reason <> ''),
    dropped_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON outbox_dropped TO lockbox_operator;

-- Drops a refused row, so that the later ones of its key go out. False: there is no such row.
CREATE FUNCTION outbox_drop(row_seq bigint, who text, why text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    WITH gone AS (
        DELETE FROM outbox WHERE seq = row_seq AND refused_at IS NOT NULL RETURNING *
    )
    INSERT INTO outbox_dropped (seq, id, aggregatetype, aggregateid, type, payload, created_at, refused_at, operator_id, login, reason)
    SELECT seq, id, aggregatetype, aggregateid, type, payload, created_at, refused_at, who, session_user, why FROM gone;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION outbox_drop(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_drop(bigint, text, text) TO lockbox_operator;

UPDATE schema_version SET version = 16;

RESET ROLE;
