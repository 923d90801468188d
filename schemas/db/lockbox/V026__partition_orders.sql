-- Records that nobody can read are stepped over at an operator's order.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- What an operator had done to a partition. The running workers obey: they look every few seconds.
CREATE TABLE partition_order (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what         text        NOT NULL CHECK (what IN ('skip')),
    topic        text        NOT NULL CHECK (topic <> ''), -- as on the broker
    "partition"  integer     NOT NULL CHECK ("partition" >= 0),
    first_offset bigint      NOT NULL CHECK (first_offset >= 0), -- both are stepped over
    last_offset  bigint      NOT NULL CHECK (last_offset >= first_offset),
    operator_id  text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login        text        NOT NULL,                           -- who the server says they are
    reason       text        NOT NULL CHECK (reason <> ''),
    ordered_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (what, topic, "partition", first_offset, last_offset)
);
GRANT SELECT ON partition_order TO lockbox_requester, lockbox_decider, lockbox_notifier, lockbox_operator;

-- Orders it, keeps a row in quarantine that is settled by it, and tells it by the event. False: it is ordered already.
CREATE FUNCTION partition_skip(the_topic text, the_partition integer, first bigint, last bigint, who text, why text,
                               event_id uuid, event text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    place text := the_topic || '/' || the_partition;
    said json := event::json -> 'data';
    kept bigint;
BEGIN
    -- It says of these offsets what becomes of them, and who ordered it.
    IF event::json ->> 'type' IS DISTINCT FROM 'lockbox.operator.partition_skipped.v1'
       OR event::json ->> 'id' IS DISTINCT FROM event_id::text
       OR event::json ->> 'subject' IS DISTINCT FROM place
       OR said ->> 'topic' IS DISTINCT FROM the_topic OR said ->> 'partition' IS DISTINCT FROM the_partition::text
       OR said ->> 'first_offset' IS DISTINCT FROM first::text OR said ->> 'last_offset' IS DISTINCT FROM last::text
       OR said #>> '{by,id}' IS DISTINCT FROM who OR said ->> 'reason' IS DISTINCT FROM why
       OR said ->> 'login' IS DISTINCT FROM session_user THEN
        RAISE EXCEPTION 'the event is about something else' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO partition_order (what, topic, "partition", first_offset, last_offset, operator_id, login, reason)
    VALUES ('skip', the_topic, the_partition, first, last, who, session_user, why)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO quarantine (consumer, topic, "partition", "offset", headers, reason)
    SELECT coalesce(min(o.consumer), 'nobody'), the_topic, the_partition, first, '\x00000000',
           format(': an operator had the offsets %s to %s stepped over', first, last)
      FROM consumer_offset o WHERE o.topic = the_topic AND o."partition" = the_partition
    RETURNING quarantine_id INTO kept;
    INSERT INTO quarantine_settlement (quarantine_id, outcome, operator_id, login, reason, begun_at, settled_at, event_id)
    VALUES (kept, 'discarded', who, session_user, why, clock_timestamp(), clock_timestamp(), event_id);
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (event_id, 'operator', place, event::json ->> 'type', event);
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION partition_skip(text, integer, bigint, bigint, text, text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION partition_skip(text, integer, bigint, bigint, text, text, uuid, text) TO lockbox_operator;

UPDATE schema_version SET version = 26;

RESET ROLE;
