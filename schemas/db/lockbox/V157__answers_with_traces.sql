-- access_check_many answers with the trace of the access request that allows, too: its row is at hand there, and the authorizer looked it up again.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- What they answer changes, so they are made anew, and access_held's rule word for word.
DROP FUNCTION access_check_many(text[], text[], text[], text[], text[], text[], text[]);
DROP FUNCTION access_held(text, text, text, text, text, text, text, timestamptz, timestamptz);

-- The items that answer a question, at a time, and the version and trace of their requests: the rule is told in V131, its table of items included.
CREATE FUNCTION access_held(engineer_id text, resource_id text, action text, namespace text, kind text, name text, content_digest text,
                            at_time timestamptz, mark timestamptz)
RETURNS TABLE (request_id uuid, expires_at timestamptz, basis text, version integer, traceparent text, tracestate text)
LANGUAGE sql STABLE
AS $$
    SELECT i.request_id, i.expires_at, i.basis, r.version::integer, r.traceparent, r.tracestate
      FROM lockbox.access_item i, lockbox.request r
     WHERE hashtextextended(i.engineer_id COLLATE "C", hashtextextended(i.resource_id COLLATE "C", 0))
           = hashtextextended(access_held.engineer_id COLLATE "C",
                              hashtextextended(lower(access_held.resource_id COLLATE "C") COLLATE "C", 0))
       AND i.engineer_id = access_held.engineer_id AND i.resource_id = lower(access_held.resource_id COLLATE "C")
       AND i.expires_at > greatest(access_held.at_time, access_held.mark)
       AND i.starts_at <= access_held.at_time
       AND CASE i.action
           WHEN access_held.action THEN
               i.kind IS NOT DISTINCT FROM access_held.kind
               AND (i.namespace IS NOT DISTINCT FROM access_held.namespace
                    OR (i.namespace IS NULL AND i.action = 'list_or_get_objects'))
               AND (i.name = access_held.name
                    OR (i.name IS NULL AND i.action NOT IN ('update_object', 'delete_object'))
                    OR (access_held.content_digest = '*' AND access_held.name IS NULL AND i.action = 'create_object'))
               AND (i.content_digest IS NULL OR access_held.content_digest IN ('*', i.content_digest))
           ELSE access_held.action = 'list_or_get_objects' AND access_held.name IS NOT NULL -- implied reading
               AND i.action IN ('create_object', 'update_object', 'delete_object', 'get_pod_logs')
               AND i.namespace IS NOT DISTINCT FROM access_held.namespace
               AND CASE i.action WHEN 'get_pod_logs' THEN 'Pod' ELSE i.kind END = access_held.kind
               AND (i.name = access_held.name OR (i.name IS NULL AND i.action = 'get_pod_logs')) END
       AND r.request_id = i.request_id AND r.state = i.basis
       AND access_held.at_time >= access_held.mark - interval '30 seconds'
       -- What no item covers.
       AND (access_held.namespace = '' OR access_held.kind = '' OR access_held.name = '') IS NOT TRUE
       AND CASE access_held.action
           WHEN 'get_pod_logs' THEN access_held.namespace IS NOT NULL AND access_held.kind IS NULL
           ELSE access_held.kind IS NOT NULL
                AND access_held.action IN ('list_or_get_objects', 'create_object', 'update_object', 'delete_object') END
       AND (access_held.content_digest IS DISTINCT FROM '*' OR session_user = 'lockbox_authorizer')
$$;
REVOKE ALL ON FUNCTION access_held(text, text, text, text, text, text, text, timestamptz, timestamptz) FROM PUBLIC;

-- access_check for many questions: element n of each array is a parameter of question n. One row a question, in no order, each as
-- access_check answers it alone. Reason NULL: not allowed, and access_check has to be asked why.
CREATE FUNCTION access_check_many(engineer_ids text[], resource_ids text[], actions text[], namespaces text[], kinds text[],
                                  names text[], content_digests text[])
RETURNS TABLE (number bigint, allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer,
               traceparent text, tracestate text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 8 -- plpgsql keeps the plan between calls
SET search_path = lockbox, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
    at_time CONSTANT timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    SELECT q.number, held.request_id IS NOT NULL, held.request_id, held.expires_at,
           CASE WHEN held.request_id IS NOT NULL THEN held.basis
                ELSE nullif(access_refusal(q.content_digest, at_time, clock.mark),
                            CASE WHEN q.action IN ('create_object', 'update_object') THEN 'no_grant' END) END, -- the two that have content
           held.version, held.traceparent, held.tracestate
      FROM access_clock() AS clock
     CROSS JOIN (
           SELECT n AS number, engineer_ids[n] AS engineer_id, resource_ids[n] AS resource_id, actions[n] AS action,
                  namespaces[n] AS namespace, kinds[n] AS kind, names[n] AS name, content_digests[n] AS content_digest
              FROM generate_series(1::bigint, cardinality(engineer_ids)) AS n
            OFFSET 0) AS q
      LEFT JOIN LATERAL (
           SELECT h.*
             FROM access_held(q.engineer_id, q.resource_id, q.action, q.namespace, q.kind, q.name, q.content_digest, at_time, clock.mark) AS h
            ORDER BY h.expires_at DESC, h.request_id
            LIMIT 1) AS held ON true;
END
$$;
REVOKE ALL ON FUNCTION access_check_many(text[], text[], text[], text[], text[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_check_many(text[], text[], text[], text[], text[], text[], text[]) TO lockbox_authorizer;

-- A program before this one reads the columns that it knows.
UPDATE schema_version SET version = greatest(version, 157);

RESET ROLE;
