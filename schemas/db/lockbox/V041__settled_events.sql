-- The event of a settled record is the function's: the operator's program says who settles and where a replay stands, and
-- the rest is the quarantine's.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

DROP FUNCTION quarantine_settle(bigint, timestamptz, uuid, text, integer, bigint);

-- Settles what was begun at begun_at, and tells it. settled_by: the operator, {id, email, name}. False: somebody else has begun
-- it again since.
CREATE FUNCTION quarantine_settle(quarantine_id bigint, begun_at timestamptz, event_id uuid, settled_by json,
                                  "partition" integer, "offset" bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
    s quarantine_settlement;
    q quarantine;
    at text;
    type text;
BEGIN
    UPDATE quarantine_settlement it
       SET settled_at = clock_timestamp(), event_id = quarantine_settle.event_id,
           "partition" = quarantine_settle."partition", "offset" = quarantine_settle."offset"
     WHERE it.quarantine_id = quarantine_settle.quarantine_id AND it.begun_at = quarantine_settle.begun_at
       AND it.settled_at IS NULL AND it.login = session_user
    RETURNING it.* INTO s;
    IF s.quarantine_id IS NULL THEN
        RETURN false;
    END IF;
    SELECT it.* INTO q FROM quarantine it WHERE it.quarantine_id = s.quarantine_id;
    at := to_json(to_char(s.begun_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
    type := 'lockbox.quarantine.' || s.outcome || '.v1';
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
    VALUES (s.event_id, 'quarantine', s.quarantine_id::text, type,
            '{"specversion":"1.0","id":"' || s.event_id || '","source":"/lockbox/lockboxctl","type":"' || type
            || '","subject":"' || s.quarantine_id || '","time":' || at || ',"datacontenttype":"application/json","data":{"quarantine_id":'
            || s.quarantine_id || ',"consumer":' || to_json(q.consumer) || ',"topic":' || to_json(q.topic) || ',"partition":' || q."partition"
            || ',"offset":' || q."offset" || ',"rejected_for":' || to_json(left(q.reason, 2000))
            || ',"by":{"id":' || to_json(s.operator_id) || ',"email":' || to_json(settled_by ->> 'email')
            || ',"name":' || to_json(settled_by ->> 'name') || '},"login":' || to_json(s.login) || ',"at":' || at
            || coalesce(',"reason":' || to_json(s.reason), '')
            || CASE WHEN s.outcome = 'replayed'
                    THEN ',"replayed_partition":' || s."partition" || ',"replayed_offset":' || s."offset" ELSE '' END
            || '}}');
    PERFORM pg_notify('lockbox_outbox', '');
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION quarantine_settle(bigint, timestamptz, uuid, json, integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION quarantine_settle(bigint, timestamptz, uuid, json, integer, bigint)
    TO lockbox_operator, lockbox_worker; -- who operates a small deployment by it settles, too

UPDATE schema_version SET version = 41, oldest_program = 41;

RESET ROLE;
