-- A partition whose log in Kafka was replaced goes on as another log, under a name of its own, once an operator accepts it.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- Of the nth log of a partition, from the second on.
CREATE TABLE log_accepted (
    topic       text        NOT NULL CHECK (topic <> ''), -- as on the broker
    "partition" integer     NOT NULL CHECK ("partition" >= 0),
    number      integer     NOT NULL CHECK (number > 1),
    operator_id text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login       text        NOT NULL,                           -- who the server says they are
    reason      text        NOT NULL CHECK (reason <> ''),
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, "partition", number)
);
GRANT SELECT ON log_accepted TO lockbox_requester, lockbox_decider, lockbox_notifier, lockbox_operator;

-- The name of the log that a partition is read as: the topic's, until another one was accepted.
CREATE FUNCTION log_name(the_topic text, the_partition integer) RETURNS text
LANGUAGE sql STABLE
SET search_path = lockbox, pg_temp
RETURN coalesce((SELECT max(number) || '~' FROM log_accepted WHERE topic = the_topic AND "partition" = the_partition), '') || the_topic;

-- The topic's name within a log's: no topic's has a ~.
CREATE FUNCTION log_topic(log text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN regexp_replace(log, '^[0-9]+~', '');

-- The number of the log that a partition is read as, and what was read of it last. Its last record is NULL where none was read.
CREATE FUNCTION log_read(the_topic text, the_partition integer, OUT number integer, OUT log text, OUT last_offset bigint, OUT last_hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = lockbox, pg_temp
BEGIN ATOMIC
    SELECT coalesce((SELECT max(a.number) FROM log_accepted a WHERE a.topic = the_topic AND a."partition" = the_partition), 1),
           log_name(the_topic, the_partition), last.last_offset, last.last_hash
      FROM (SELECT) AS one
      LEFT JOIN LATERAL (SELECT o.last_offset, o.last_hash
                           FROM consumer_offset o
                          WHERE o.topic = log_name(the_topic, the_partition) AND o."partition" = the_partition AND o.last_hash IS NOT NULL
                          ORDER BY o.last_offset DESC LIMIT 1) AS last ON true;
END;

-- Accepts the nth log, and tells it by the event. False: it is accepted already.
CREATE FUNCTION partition_accept(the_topic text, the_partition integer, the_number integer, who text, why text,
                                 event_id uuid, event text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    place text := the_topic || '/' || the_partition;
    said json := event::json -> 'data';
BEGIN
    IF event::json ->> 'type' IS DISTINCT FROM 'lockbox.operator.partition_accepted.v1'
       OR event::json ->> 'id' IS DISTINCT FROM event_id::text
       OR event::json ->> 'subject' IS DISTINCT FROM place
       OR said ->> 'topic' IS DISTINCT FROM the_topic OR said ->> 'partition' IS DISTINCT FROM the_partition::text
       OR said ->> 'log' IS DISTINCT FROM the_number || '~' || the_topic
       OR said #>> '{by,id}' IS DISTINCT FROM who OR said ->> 'reason' IS DISTINCT FROM why
       OR said ->> 'login' IS DISTINCT FROM session_user
       OR the_number > (SELECT number + 1 FROM log_read(the_topic, the_partition)) THEN
        RAISE EXCEPTION 'the event is about something else' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO log_accepted (topic, "partition", number, operator_id, login, reason)
    VALUES (the_topic, the_partition, the_number, who, session_user, why)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (event_id, 'operator', place, event::json ->> 'type', event);
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;

-- Offsets are those of the log that is read.
CREATE OR REPLACE FUNCTION partition_skip(the_topic text, the_partition integer, first bigint, last bigint, who text, why text,
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
    VALUES ('skip', log_name(the_topic, the_partition), the_partition, first, last, who, session_user, why)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO quarantine (consumer, topic, "partition", "offset", headers, reason)
    SELECT coalesce(min(o.consumer), 'nobody'), the_topic, the_partition, first, '\x00000000',
           format(': an operator had the offsets %s to %s stepped over', first, last)
      FROM consumer_offset o WHERE o.topic = log_name(the_topic, the_partition) AND o."partition" = the_partition
    RETURNING quarantine_id INTO kept;
    INSERT INTO quarantine_settlement (quarantine_id, outcome, operator_id, login, reason, begun_at, settled_at, event_id)
    VALUES (kept, 'discarded', who, session_user, why, clock_timestamp(), clock_timestamp(), event_id);
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (event_id, 'operator', place, event::json ->> 'type', event);
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION log_name(text, integer), log_topic(text), log_read(text, integer),
    partition_accept(text, integer, integer, text, text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_name(text, integer), log_topic(text) TO lockbox_requester, lockbox_decider, lockbox_notifier, lockbox_operator;
GRANT EXECUTE ON FUNCTION log_read(text, integer), partition_accept(text, integer, integer, text, text, uuid, text) TO lockbox_operator;

UPDATE schema_version SET version = 65;

RESET ROLE;
