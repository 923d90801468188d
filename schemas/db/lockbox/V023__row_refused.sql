-- What Kafka refuses for good is told: the functions build the event, so that a relay in the wrong hands tells nothing else.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE FUNCTION tell_refused(subject text, data json) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    event_id CONSTANT uuid := gen_random_uuid();
BEGIN
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (event_id, 'operator', subject, 'lockbox.operator.row_refused.v1',
            '{"specversion":"1.0","id":"' || event_id || '","source":"/lockbox/relay","type":"lockbox.operator.row_refused.v1","subject":"'
            || subject || '","time":' || (data -> 'at') || ',"datacontenttype":"application/json","data":' || data || '}');
END
$$;

CREATE FUNCTION rfc3339(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Marks a row of the outbox that Kafka refuses, alone; at the first time an operator is told. It waits for them, and is tried
-- again every five minutes, for a topic may take it after a change. Nothing, where its shard's lease is another holder's.
CREATE FUNCTION outbox_refuse(row_seq bigint, topic text, error text, who uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    it outbox;
    was timestamptz;
BEGIN
    SELECT o.refused_at INTO was FROM outbox o WHERE o.seq = row_seq FOR UPDATE;
    UPDATE outbox o
       SET refused_at = coalesce(o.refused_at, clock_timestamp()), attempts = o.attempts + 1, last_error = error,
           next_attempt_at = clock_timestamp() + interval '5 min'
     WHERE o.seq = row_seq AND o.published_at IS NULL
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = o.shard AND l.holder = who)
    RETURNING * INTO it;
    IF FOUND AND was IS NULL AND it.type <> 'lockbox.operator.row_refused.v1' THEN
        PERFORM tell_refused('outbox ' || row_seq, json_build_object(
            'topic', topic, 'row', row_seq, 'error', error, 'bytes', octet_length(it.payload), 'event_id', it.id, 'event_type', it.type,
            'event_subject', it.aggregateid, 'at', rfc3339(it.refused_at)));
    END IF;
END
$$;

-- The same for a dead letter; the record itself stays in the quarantine.
CREATE FUNCTION quarantine_refuse(record_id bigint, topic text, error text, who uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    it quarantine;
    was timestamptz;
BEGIN
    SELECT q.refused_at INTO was FROM quarantine q WHERE q.quarantine_id = record_id FOR UPDATE;
    UPDATE quarantine q
       SET refused_at = coalesce(q.refused_at, clock_timestamp()), attempts = q.attempts + 1, last_error = error,
           next_attempt_at = clock_timestamp() + interval '5 min'
     WHERE q.quarantine_id = record_id AND q.published_at IS NULL
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = 0 AND l.holder = who)
    RETURNING * INTO it;
    IF FOUND AND was IS NULL THEN
        PERFORM tell_refused('quarantine ' || record_id, json_build_object(
            'topic', topic, 'row', record_id, 'error', error, 'bytes', coalesce(octet_length(it.value), 0), 'at', rfc3339(it.refused_at)));
    END IF;
END
$$;

REVOKE ALL ON FUNCTION tell_refused(text, json), rfc3339(timestamptz), outbox_refuse(bigint, text, text, uuid),
    quarantine_refuse(bigint, text, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_refuse(bigint, text, text, uuid), quarantine_refuse(bigint, text, text, uuid) TO lockbox_relay;

UPDATE schema_version SET version = 23;

RESET ROLE;
