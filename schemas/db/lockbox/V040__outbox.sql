-- An outbox row's columns are its payload's, and what it tells of a request is what the request's row says.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- The version before the last step, or steps at once: what is told of them begins behind it.
ALTER TABLE request ADD version_before bigint NOT NULL DEFAULT 0;
GRANT UPDATE (version_before) ON request TO lockbox_requester, lockbox_decider, lockbox_expirer;

CREATE FUNCTION refuse_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a request''s versions follow each other' USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER versions_follow BEFORE UPDATE OF state, version, version_before, standing ON request FOR EACH ROW
    WHEN (NEW.version_before <> OLD.version) EXECUTE FUNCTION refuse_version();

-- ---- an event's text, as every worker writes it: attributes, each of them text, then data, and nothing behind it ----

-- A text's quotation marks are escaped: ',"data":{' stands in none. No regular expressions here: they take milliseconds.

-- jsonb keeps one of two members of one name, json both.
CREATE FUNCTION has_members_once(object text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE -- plpgsql keeps the plan between calls
AS $$
BEGIN
    RETURN (SELECT count(*) FROM json_object_keys(object::json)) = (SELECT count(*) FROM jsonb_object_keys(object::jsonb));
END
$$;

CREATE FUNCTION event_data(payload text, head text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN left(substr(payload, length(head) + 8), -1);

-- The state in which an event of a type leaves its request.
CREATE FUNCTION is_told_by(state text, type text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN CASE type
       WHEN 'lockbox.request.created.v1' THEN state = 'customer_notified'
       WHEN 'lockbox.request.reminder_due.v1' THEN state = 'customer_notified'
       WHEN 'lockbox.request.approval_recorded.v1' THEN state = 'customer_notified'
       WHEN 'lockbox.request.emergency_started.v1' THEN state = 'emergency'
       WHEN 'lockbox.request.acknowledged.v1' THEN state IN ('emergency', 'completed', 'revoked')
       WHEN 'lockbox.request.unacknowledged.v1' THEN state IN ('emergency', 'completed', 'revoked')
       ELSE 'lockbox.request.' || state || '.v1' = type END;

-- What is told of a version that later steps of the same transaction left behind: of this request, and no more access.
CREATE FUNCTION is_passed(data text, request_id uuid, version bigint, type text) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    told CONSTANT jsonb := data::jsonb -> 'request';
    r CONSTANT request := (SELECT it FROM request it WHERE it.request_id = is_passed.request_id);
    asked CONSTANT jsonb := '{' || r.consent || '}';
BEGIN
    RETURN has_members_once(data) AND has_members_once((data::json -> 'request')::text)
       AND (told ->> 'request_id')::uuid = is_passed.request_id
       AND (told ->> 'version')::bigint = is_passed.version AND is_told_by(told ->> 'state', is_passed.type)
       AND told @> (asked - 'actions')
       AND (SELECT jsonb_agg(item - 'kept') FROM jsonb_array_elements(told -> 'actions') AS item)
           = (SELECT jsonb_agg(item - 'kept') FROM jsonb_array_elements(asked -> 'actions') AS item)
       AND (told ->> 'expires_at' IS NULL
            OR is_within(r.consent, r.starts_asked, r.created_at, (told ->> 'starts_at')::timestamptz,
                         (told ->> 'expires_at')::timestamptz));
END
$$;

CREATE FUNCTION check_written_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    PERFORM CASE
        WHEN NOT coalesce(w.at ->> 'id' = w.id::text AND w.at ->> 'type' = w.type AND w.at ->> 'subject' = w.aggregateid
                          AND w.aggregatetype = split_part(w.type, '.', 2) AND has_members_once(w.head), false)
            THEN refuse('the event is about something else')
        WHEN NOT has_members_once(event_data(w.payload, w.head)) THEN refuse('the event has a member twice')
        END
       FROM (SELECT o.*, o.head::jsonb AS at
               FROM (SELECT *, split_part(payload, ',"data":{', 1) || '}' AS head
                       FROM written
                      WHERE aggregatetype <> 'request'
                     OFFSET 0) AS o
             OFFSET 0) AS w;
    -- A request's attributes are compared as text, and versions follow each other up to the row's; the last of them is the row.
    PERFORM CASE
        WHEN NOT coalesce(
                starts_with(told.head, '{"specversion":"1.0","id":"' || told.id || '","source":"' || told.source || '","type":"' || told.type
                                       || '","subject":"' || r.request_id || '","time":"' || told.time
                                       || '","datacontenttype":"application/json","sequence":"' || lpad(told.version::text, 20, '0') || '"')
                AND told.aggregateid = r.request_id::text AND strpos(told.source || told.time, '\') = 0, false)
             OR told.more <> '' AND NOT has_members_once(told.head || '}')
            THEN refuse('the event is about something else')
        WHEN told.version <> r.version_before + told.place OR told.count <> r.version - r.version_before
            THEN refuse('versions that the request has not')
        WHEN CASE WHEN told.version < r.version
                  THEN NOT coalesce(is_passed(event_data(told.payload, told.head || ' '), r.request_id, told.version, told.type), false)
                  ELSE told.payload <> told.head || told.data || r.standing || ','
                                       || CASE WHEN r.kept IS NULL THEN r.consent ELSE consent_kept(r.consent, r.kept) END
                                       || ',' || r.particulars || '}}}'
                       OR told.data NOT IN (',"data":{"request":{', ',"data":{"previous_state":"' || told.state || '","request":{')
                       OR NOT is_told_by(r.state, told.type) END
            THEN refuse('the event is not what the request''s row says')
        END
       FROM (SELECT e.*, split_part(e.head, '"', 12) AS source, split_part(e.head, '"', 24) AS time,
                    split_part(e.head, e.sequence || '"', 2) AS more, split_part(e.data, '"', 6) AS state,
                    row_number() OVER (PARTITION BY e.aggregateid ORDER BY e.version) AS place,
                    count(*) OVER (PARTITION BY e.aggregateid) AS count
               FROM (SELECT w.*, split_part(w.payload, ',"data":{', 1) AS head, split_part(w.payload, '"', 32) AS sequence,
                            ',"data":{' || split_part(split_part(w.payload, ',"data":{', 2), '"request":{', 1) || '"request":{' AS data,
                            split_part(w.payload, '"', 32)::bigint AS version
                       FROM written w
                      WHERE w.aggregatetype = 'request'
                     OFFSET 0) AS e
             OFFSET 0) AS told
       LEFT JOIN LATERAL (SELECT * FROM request WHERE request_id = told.aggregateid::uuid LIMIT 1) AS r ON true;
    RETURN NULL;
EXCEPTION
    WHEN data_exception THEN
        RAISE EXCEPTION 'no event: %', SQLERRM USING ERRCODE = 'check_violation';
END
$$;
REVOKE ALL ON FUNCTION refuse_version(), has_members_once(text), event_data(text, text), is_told_by(text, text),
    is_passed(text, uuid, bigint, text), check_written_events() FROM PUBLIC;

CREATE TRIGGER written_rightly AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION check_written_events();

-- ---- each role its own types ----

-- lockbox_worker publishes what the roles may that it has.
DROP POLICY every_worker ON outbox;
-- Time tells what time does.
ALTER POLICY expirer ON outbox WITH CHECK (type IN ('lockbox.request.expired.v1', 'lockbox.request.completed.v1',
    'lockbox.request.reminder_due.v1', 'lockbox.request.unacknowledged.v1'));
ALTER POLICY requester ON outbox WITH CHECK (type LIKE 'lockbox.tenant.%' OR type LIKE 'lockbox.request.%' AND type NOT IN (
    'lockbox.request.denied.v1', 'lockbox.request.approval_recorded.v1', 'lockbox.request.acknowledged.v1'));
ALTER POLICY decider ON outbox WITH CHECK (type LIKE 'lockbox.decision.%' OR type LIKE 'lockbox.request.%' AND type NOT IN (
    'lockbox.request.created.v1', 'lockbox.request.refused.v1', 'lockbox.request.not_required.v1', 'lockbox.request.emergency_started.v1',
    'lockbox.request.cancelled.v1'));

UPDATE schema_version SET version = 40, oldest_program = 40;

RESET ROLE;
