-- What Kafka refuses is told under an id that follows from the row: told again, by whichever relay, it is the same event.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- A UUIDv7 of a moment in milliseconds, clamped to 48 bits, and of the hash of a cause, as workers make them.
CREATE FUNCTION caused_uuid(at_ms bigint, cause text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    hash CONSTANT text := encode(sha256(convert_to(cause, 'UTF8')), 'hex');
    variant CONSTANT integer := ('x' || substr(hash, 5, 1))::bit(4)::integer & 3;
BEGIN
    RETURN (lpad(to_hex(greatest(0, least(at_ms, 281474976710655))), 12, '0') || '7' || substr(hash, 2, 3)
            || substr('89ab', variant + 1, 1) || substr(hash, 6, 15))::uuid;
END
$$;

DROP FUNCTION tell_refused(text, json);
CREATE FUNCTION tell_refused(event_id uuid, subject text, data json) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (event_id, 'operator', subject, 'lockbox.operator.row_refused.v1',
            '{"specversion":"1.0","id":"' || event_id || '","source":"/lockbox/relay","type":"lockbox.operator.row_refused.v1","subject":"'
            || subject || '","time":' || (data -> 'at') || ',"datacontenttype":"application/json","data":' || data || '}');
END
$$;

-- The time in a refused event's id, where it has one.
CREATE OR REPLACE FUNCTION outbox_refuse(row_seq bigint, topic text, error text, who uuid) RETURNS void
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
        PERFORM tell_refused(
            caused_uuid(('x' || substr(replace(it.id::text, '-', ''), 1, 12))::bit(48)::bigint,
                        json_build_array('row_refused', topic, 'outbox', row_seq, it.id)::text),
            'outbox ' || row_seq, json_build_object(
            'topic', topic, 'row', row_seq, 'error', error, 'bytes', octet_length(it.payload), 'event_id', it.id, 'event_type', it.type,
            'event_subject', it.aggregateid, 'at', rfc3339(it.refused_at)));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION quarantine_refuse(record_id bigint, topic text, error text, who uuid) RETURNS void
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
        PERFORM tell_refused(
            caused_uuid(coalesce(it.kafka_timestamp_ms, 0),
                        json_build_array('row_refused', topic, it.consumer, it.topic, it."partition", it."offset", record_id)::text),
            'quarantine ' || record_id, json_build_object(
            'topic', topic, 'row', record_id, 'error', error, 'bytes', coalesce(octet_length(it.value), 0), 'at', rfc3339(it.refused_at)));
    END IF;
END
$$;

REVOKE ALL ON FUNCTION caused_uuid(bigint, text), tell_refused(uuid, text, json) FROM PUBLIC;

UPDATE schema_version SET version = 64;

RESET ROLE;
