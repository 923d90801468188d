-- What an operator may do about a rejected record and a failed mail, and the ledger of it.
--
-- He has no privilege on the tables but to read them: what he may change stands in three functions.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- One row for each rejected record that somebody settled: published again as it was, or discarded. A replay is
-- entered before anything is sent; without settled_at it broke off, and may be begun again.
CREATE TABLE quarantine_settlement (
    quarantine_id bigint      PRIMARY KEY REFERENCES quarantine,
    outcome       text        NOT NULL CHECK (outcome IN ('replayed', 'discarded')),
    operator_id   text        NOT NULL CHECK (operator_id <> ''), -- who he says he is
    login         text        NOT NULL,                           -- who the server says he is
    reason        text        CHECK (outcome = 'replayed' OR reason <> ''),
    begun_at      timestamptz NOT NULL,
    settled_at    timestamptz,
    event_id      uuid, -- of the event that tells it
    "partition"   integer, -- where the replayed record stands, in the topic it came from
    "offset"      bigint,
    CHECK ((settled_at IS NULL) = (event_id IS NULL)),
    CHECK ((outcome = 'replayed' AND settled_at IS NOT NULL) = ("offset" IS NOT NULL))
);

-- Takes a record in hand. begun: it is his, from begun_at on. Otherwise the row says whose it is or was; a replay
-- that nobody finished for a minute is begun again.
CREATE FUNCTION quarantine_begin(record_id bigint, what text, who text, why text)
RETURNS TABLE (begun boolean, outcome text, operator_id text, login text, begun_at timestamptz,
               settled_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    taken boolean;
BEGIN
    INSERT INTO quarantine_settlement AS s (quarantine_id, outcome, operator_id, login, reason, begun_at)
    VALUES (record_id, what, who, session_user, why, clock_timestamp())
    ON CONFLICT (quarantine_id) DO UPDATE
       SET operator_id = excluded.operator_id, login = excluded.login, reason = excluded.reason,
           begun_at = excluded.begun_at
     WHERE s.settled_at IS NULL AND s.outcome = excluded.outcome
       AND s.begun_at < clock_timestamp() - interval '1 minute';
    taken := FOUND;
    RETURN QUERY
    SELECT taken, s.outcome, s.operator_id, s.login, s.begun_at, s.settled_at
      FROM quarantine_settlement s
     WHERE s.quarantine_id = record_id;
END
$$;

-- Settles what was begun at begun_at, and tells it by the event. False: somebody else has begun it again since.
CREATE FUNCTION quarantine_settle(quarantine_id bigint, begun_at timestamptz, event_id uuid, event text,
                                  "partition" integer, "offset" bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    outcome text;
    type text := event::json ->> 'type';
BEGIN
    UPDATE quarantine_settlement s
       SET settled_at = clock_timestamp(), event_id = quarantine_settle.event_id,
           "partition" = quarantine_settle."partition", "offset" = quarantine_settle."offset"
     WHERE s.quarantine_id = quarantine_settle.quarantine_id AND s.begun_at = quarantine_settle.begun_at
       AND s.settled_at IS NULL AND s.login = session_user
    RETURNING s.outcome INTO outcome;
    IF outcome IS NULL THEN
        RETURN false;
    END IF;
    -- It says of this record what happened to it, and who did it.
    IF type IS DISTINCT FROM 'lockbox.quarantine.' || outcome || '.v1'
       OR event::json ->> 'id' IS DISTINCT FROM quarantine_settle.event_id::text
       OR event::json ->> 'subject' IS DISTINCT FROM quarantine_settle.quarantine_id::text
       OR event::json #>> '{data,login}' IS DISTINCT FROM session_user THEN
        RAISE EXCEPTION 'the event is about something else' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (quarantine_settle.event_id, 'quarantine', quarantine_settle.quarantine_id::text, type, event);
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;

-- Mails that were given up, or wait for their next attempt, are due again, for as long as they were at first.
CREATE FUNCTION notification_retry(notification_ids uuid[], request_id uuid)
RETURNS TABLE (notification_id uuid, recipient text)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    UPDATE notification AS n
       SET state = 'deferred', next_attempt_at = clock_timestamp(), finished_at = NULL,
           give_up_at = clock_timestamp() + (n.give_up_at - n.queued_at)
     WHERE n.state IN ('failed', 'deferred')
       AND (n.notification_id = ANY (notification_retry.notification_ids)
            OR n.request_id = notification_retry.request_id)
    RETURNING n.notification_id, n.recipient
$$;

REVOKE ALL ON FUNCTION quarantine_begin(bigint, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION quarantine_settle(bigint, timestamptz, uuid, text, integer, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION notification_retry(uuid[], uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION quarantine_begin(bigint, text, text, text),
    quarantine_settle(bigint, timestamptz, uuid, text, integer, bigint), notification_retry(uuid[], uuid)
    TO lockbox_operator;
GRANT SELECT ON quarantine_settlement TO lockbox_operator;

UPDATE schema_version SET version = 7;

RESET ROLE;
