-- A step keeps what nobody may change. Access began earlier than was asked for where only its beginning moved, in a step of its own; an emergency
-- counted as acknowledged without a decision, by its text; a request without its next time was not found when its ticket closed, or when its
-- customer wanted to be asked. What a request's text says is empty where no text can be made of it, and an empty text was taken for any.
-- Fits any later version: it replaces functions that nothing else names.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE OR REPLACE FUNCTION check_changed_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    moves CONSTANT text[] := ARRAY(SELECT m.from_state || '>' || m.to_state FROM legal_move m
                                    WHERE pg_has_role(session_user, m.role, 'USAGE'));
BEGIN
    PERFORM CASE
        WHEN n.version <= o.version THEN refuse('a request''s version only rises')
        WHEN NOT o.state || '>' || n.state = ANY (moves) THEN refuse('this role makes no such move')
        WHEN NOT is_standing(n.standing, n.request_id, n.state, n.version, n.decide_by, n.expires_at)
            THEN refuse('the request''s text is not its row')
        WHEN n.particulars <> o.particulars AND NOT is_particulars(n.particulars) THEN refuse('these are no particulars')
        WHEN (n.particulars <> o.particulars OR n.starts_at IS DISTINCT FROM o.starts_at)
             AND (('{' || n.particulars || '}')::json ->> 'starts_at')::timestamptz IS DISTINCT FROM n.starts_at
            THEN refuse('the request''s text is not its row')
        WHEN member(n.standing, ',"acknowledge_by":"') <> member(o.standing, ',"acknowledge_by":"')
             OR member(n.standing, ',"acknowledged_at":"') <> member(o.standing, ',"acknowledged_at":"')
                AND (strpos(o.standing, ',"acknowledged_at":"') > 0
                     OR NOT EXISTS (SELECT FROM vote v WHERE v.request_id = n.request_id AND v.decision = 'acknowledge'))
            THEN refuse('nobody acknowledged it')
        WHEN n.state IN ('customer_notified', 'approved', 'emergency', 'not_required')
             AND (n.due_at <= CASE n.state WHEN 'customer_notified' THEN n.decide_by ELSE n.expires_at END) IS NOT TRUE
            THEN refuse('it would never end')
        WHEN n.kept IS DISTINCT FROM o.kept
             AND (array_position(n.kept, NULL) IS NOT NULL OR NOT coalesce(n.kept <@ o.kept, n.kept IS NOT NULL))
            THEN refuse('items are never added')
        WHEN (n.expires_at IS DISTINCT FROM o.expires_at OR n.expires_at IS NOT NULL AND n.starts_at IS DISTINCT FROM o.starts_at)
             AND NOT coalesce(is_within(n.consent, n.starts_asked, n.created_at, n.starts_at, n.expires_at), false)
            THEN refuse('access beyond what was asked for')
        WHEN n.state = 'approved' AND o.state <> 'approved'
             AND NOT has_votes(n.request_id, n.consent, coalesce((('{' || n.consent || '}')::json ->> 'approvals_needed')::integer, 1))
            THEN refuse('approved without votes')
        END
       FROM after AS n
       JOIN before AS o USING (request_id);
    RETURN NULL;
END
$$;

-- As before; a text that is NULL is no event's.
CREATE OR REPLACE FUNCTION check_written_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    PERFORM CASE
        WHEN w.aggregatetype IS DISTINCT FROM split_part(w.type, '.', 2) THEN refuse('the event is about something else')
        WHEN NOT coalesce(w.head = w.attributes || w.more AND is_unescaped(w.source || w.type || w.aggregateid || w.time)
                          AND are_extensions(w.more), false)
         AND NOT coalesce((SELECT it.at ->> 'id' = w.id::text AND it.at ->> 'type' = w.type AND it.at ->> 'subject' = w.aggregateid
                             FROM (SELECT (w.head || '}')::jsonb AS at OFFSET 0) AS it)
                          AND has_members_once(w.head || '}'), false)
            THEN refuse('the event is about something else')
        WHEN (SELECT count(*) FROM json_object_keys(w.data::json)) <> (SELECT count(*) FROM jsonb_object_keys(w.data::jsonb))
            THEN refuse('the event has a member twice')
        WHEN get_byte(convert_to(w.payload, 'UTF8'), octet_length(w.payload) - 1) <> ascii('}') THEN refuse('no event')
        END
       FROM (SELECT e.*, event_data(e.payload, e.head) AS data,
                    '{"specversion":"1.0","id":"' || e.id || '","source":"' || e.source || '","type":"' || e.type || '","subject":"'
                    || e.aggregateid || '","time":"' || e.time || '","datacontenttype":"application/json"' AS attributes,
                    split_part(e.head, ',"datacontenttype":"application/json"', 2) AS more
               FROM (SELECT o.*, split_part(o.head, '"', 12) AS source, split_part(o.head, '"', 24) AS time
                       FROM (SELECT *, split_part(payload, ',"data":{', 1) AS head
                               FROM written
                              WHERE aggregatetype <> 'request'
                             OFFSET 0) AS o
                     OFFSET 0) AS e
             OFFSET 0) AS w;
    -- A request's versions follow each other up to the row's; the last of them is the row.
    PERFORM CASE
        WHEN NOT coalesce(starts_with(told.head, told.attributes) AND is_unescaped(told.source || told.time || told.type)
                          AND told.aggregateid = r.request_id::text, false)
             OR NOT coalesce(told.head = told.attributes || told.more AND are_extensions(told.more), false)
                AND NOT has_members_once(told.head || '}')
            THEN refuse('the event is about something else')
        WHEN told.version <> r.version_before + told.place OR told.count <> r.version - r.version_before
            THEN refuse('versions that the request has not')
        WHEN CASE WHEN told.version < r.version
                  THEN NOT coalesce(is_passed(event_data(told.payload, told.head), r.request_id, told.version, told.type), false)
                  ELSE told.payload IS DISTINCT FROM told.head || told.data || r.standing || ','
                                       || CASE WHEN r.kept IS NULL THEN r.consent ELSE consent_kept(r.consent, r.kept) END
                                       || ',' || r.particulars || '}}}'
                       OR told.data NOT IN (',"data":{"request":{', ',"data":{"previous_state":"' || told.state || '","request":{')
                       OR NOT is_told_by(r.state, told.type) END
            THEN refuse('the event is not what the request''s row says')
        END
       FROM (SELECT e.*, '{"specversion":"1.0","id":"' || e.id || '","source":"' || e.source || '","type":"' || e.type || '","subject":"'
                    || e.aggregateid || '","time":"' || e.time || '","datacontenttype":"application/json","sequence":"'
                    || lpad(e.version::text, 20, '0') || '"' AS attributes,
                    split_part(e.head, e.sequence || '"', 2) AS more, split_part(e.data, '"', 6) AS state,
                    row_number() OVER (PARTITION BY e.aggregateid ORDER BY e.version) AS place,
                    count(*) OVER (PARTITION BY e.aggregateid) AS count
               FROM (SELECT w.*, split_part(w.payload, ',"data":{', 1) AS head, split_part(w.payload, '"', 32) AS sequence,
                            ',"data":{' || split_part(split_part(w.payload, ',"data":{', 2), '"request":{', 1) || '"request":{' AS data,
                            split_part(w.payload, '"', 32)::bigint AS version,
                            split_part(w.payload, '"', 12) AS source, split_part(w.payload, '"', 24) AS time
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

UPDATE schema_version SET version = greatest(version, 183);

RESET ROLE;
