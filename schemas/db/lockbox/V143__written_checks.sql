-- The checks of what is written, for less. What they refuse stays the same, but for a request's source or time that JSON would have to
-- escape, and a payload that ends otherwise than with a brace: they are refused, too.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- ---- the outbox: what a worker writes is compared as text ----

-- Single expressions: they become a part of the plan of who calls them.

-- Lengths are bytes: characters of a text are counted one by one.

-- Whether JSON writes a text as it is.
CREATE FUNCTION is_unescaped(value text) RETURNS boolean
LANGUAGE sql STABLE
RETURN octet_length(to_json(value)::text) = octet_length(value) + 2;

-- Behind an event's head, without its brace: the object that is its data.
CREATE OR REPLACE FUNCTION event_data(payload text, head text) RETURNS text
LANGUAGE sql STABLE
RETURN convert_from(substring(convert_to(payload, 'UTF8') FROM octet_length(head) + 9
                              FOR octet_length(payload) - octet_length(head) - 9), 'UTF8');

-- What stands behind the attributes that every event has: no more than its cause and its trace, each once.
CREATE FUNCTION are_extensions(more text) RETURNS boolean
LANGUAGE sql STABLE
RETURN more = '' OR more IN (',"causationid":"' || split_part(more, '"', 4) || '"',
                             ',"causationid":"' || split_part(more, '"', 4) || '","traceparent":"' || split_part(more, '"', 8) || '"')
                    AND is_unescaped(split_part(more, '"', 4) || split_part(more, '"', 8));

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
                  ELSE told.payload <> told.head || told.data || r.standing || ','
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
-- ---- plpgsql keeps the plan of a subselect between calls; an SQL function plans it at each ----

CREATE OR REPLACE FUNCTION consent_kept(consent text, kept integer[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF kept IS NULL THEN
        RETURN consent;
    END IF;
    RETURN (
        SELECT string_agg(to_json(m.key)::text || ':' || CASE WHEN m.key <> 'actions' THEN m.value::text ELSE (
                   SELECT '[' || string_agg('{' || (
                              SELECT string_agg(to_json(i.key)::text || ':' || CASE WHEN i.key <> 'kept' THEN i.value::text
                                                ELSE ((item.value ->> 'number')::integer = ANY (consent_kept.kept))::text END,
                                                ',' ORDER BY i.place)
                                FROM json_each(item.value) WITH ORDINALITY AS i (key, value, place)) || '}', ',' ORDER BY item.place) || ']'
                     FROM json_array_elements(m.value) WITH ORDINALITY AS item (value, place)) END, ',' ORDER BY m.place)
          FROM json_each(('{' || consent || '}')::json) WITH ORDINALITY AS m (key, value, place));
END
$$;

CREATE OR REPLACE FUNCTION is_particulars(particulars text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    RETURN (SELECT array_agg(key) IN ('{decisions}', '{granted_duration,decisions}', '{starts_at,decisions}',
                                      '{granted_duration,starts_at,decisions}')
              FROM json_object_keys(('{' || particulars || '}')::json) AS key);
END
$$;

CREATE OR REPLACE FUNCTION is_within(consent text, starts_asked timestamptz, created_at timestamptz, starts_at timestamptz,
                                     expires_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN isfinite(starts_at) AND isfinite(expires_at) AND starts_at >= greatest(created_at, starts_asked)
       AND expires_at <= starts_at + least(substring(consent FROM ',"duration":"(P[^"]*)"')::interval,
                                           (SELECT grant_ttl_max FROM lockbox.operator_bound));
END
$$;

CREATE OR REPLACE FUNCTION has_votes(request_id uuid, consent text, approvals_needed integer) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN (SELECT count(*) >= approvals_needed
              FROM lockbox.vote v
             WHERE v.request_id = has_votes.request_id AND v.decision = 'approve'
               AND v.principal_id IN (SELECT a.it #>> '{principal,id}'
                                        FROM json_array_elements(('{' || consent || '}')::json -> 'approvers') AS a (it)));
END
$$;

REVOKE ALL ON FUNCTION is_unescaped(text), are_extensions(text) FROM PUBLIC;

UPDATE schema_version SET version = greatest(version, 143);

RESET ROLE;
