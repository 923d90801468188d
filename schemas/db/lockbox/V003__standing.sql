-- A request's text in two parts, so that time moves it without reading or writing what it leaves as it is.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- Members of a JSON object, without its braces. Together, and in this order, they are data.request of the
-- request's last event.
ALTER TABLE request ADD standing text, ADD particulars text;

UPDATE request
   SET standing = (SELECT string_agg(to_json(m.key)::text || ':' || m.value::text, ',' ORDER BY m.place)
                     FROM json_each(snapshot) WITH ORDINALITY AS m (key, value, place)
                    WHERE m.key IN ('request_id', 'state', 'version', 'decide_by', 'remind_at', 'expires_at',
                                    'acknowledge_by', 'acknowledged_at', 'unacknowledged', 'ended_at')),
       particulars = (SELECT string_agg(to_json(m.key)::text || ':' || m.value::text, ',' ORDER BY m.place)
                        FROM json_each(snapshot) WITH ORDINALITY AS m (key, value, place)
                       WHERE m.key NOT IN ('request_id', 'state', 'version', 'decide_by', 'remind_at', 'expires_at',
                                           'acknowledge_by', 'acknowledged_at', 'unacknowledged', 'ended_at'));

ALTER TABLE request
    ALTER standing SET NOT NULL,
    ALTER particulars SET NOT NULL,
    DROP snapshot,
    SET (toast_tuple_target = 8160); -- in its row as long as a page holds it: compressing costs more than writing
ALTER TABLE outbox SET (toast_tuple_target = 8160);

-- data.request of its last event: SELECT lockbox.snapshot(r) FROM lockbox.request r.
CREATE FUNCTION snapshot(request) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{' || ($1).standing || ',' || ($1).particulars || '}')::json;
REVOKE ALL ON FUNCTION snapshot(request) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION snapshot(request) TO lockbox_worker, lockbox_operator;

-- Planned once a session, and by the index even where the table was empty then: planning takes four times as
-- long as asking.
ALTER FUNCTION access_check(text, text, text, text, text, text) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION access_check(text, text, text, text, text, text) SET enable_seqscan = off;

RESET ROLE;
