-- The authorizer asks for all reviews that wait in one statement.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- access_check for many questions: element n of each array is a parameter of question n. One row a question, in no order, each as
-- access_check answers it alone; what is allowed is said there. Reason NULL: not allowed, and access_check has to be asked why. A statement
-- costs much more than a question: each expression is set up anew at each call, so there are few.
CREATE FUNCTION access_check_many(engineer_ids text[], resource_ids text[], actions text[], namespaces text[], kinds text[],
                                  names text[], content_digests text[])
RETURNS TABLE (number bigint, allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 8 -- plpgsql keeps the plan between calls
SET search_path = lockbox, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_sort = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    at_time CONSTANT timestamptz := clock_timestamp();
BEGIN
    RETURN QUERY
    SELECT asked.number, held.request_id IS NOT NULL, held.request_id, held.expires_at,
           CASE WHEN held.request_id IS NOT NULL THEN held.basis
                WHEN clock.mark = 'infinity' THEN 'set_back'
                WHEN at_time >= clock.mark - interval '30 seconds' IS NOT TRUE THEN 'clock_behind'
                WHEN asked.is_asked_again AND session_user <> 'lockbox_authorizer' THEN 'content_required'
                WHEN asked.action IN ('create_object', 'update_object') THEN NULL -- the two that have content
                ELSE 'no_grant' END,
           held.version
      FROM (SELECT CASE WHEN EXISTS (SELECT FROM set_back) THEN 'infinity'
                        ELSE (SELECT m.at FROM clock_mark m WHERE m.only_row) END AS mark
            OFFSET 0) AS clock -- read once
     CROSS JOIN (
           SELECT q.*, q.content_digest IS NOT DISTINCT FROM '*' AS is_asked_again,
                  -- NULL, on which nobody holds anything, where no item covers such a question.
                  CASE WHEN q.namespace = '' OR q.kind = '' OR q.name = '' THEN NULL
                       WHEN CASE q.action
                            WHEN 'get_pod_logs' THEN q.namespace IS NOT NULL AND q.kind IS NULL
                            ELSE q.kind IS NOT NULL
                                 AND q.action IN ('list_or_get_objects', 'create_object', 'update_object', 'delete_object') END
                       THEN lower(q.resource_id COLLATE "C") END AS cluster
             FROM (SELECT n AS number, engineer_ids[n] AS engineer_id, resource_ids[n] AS resource_id, actions[n] AS action,
                          namespaces[n] AS namespace, kinds[n] AS kind, names[n] AS name, content_digests[n] AS content_digest
                     FROM generate_series(1::bigint, cardinality(engineer_ids)) AS n
                   OFFSET 0) AS q
           OFFSET 0) AS asked
      LEFT JOIN LATERAL (
           SELECT i.request_id, i.expires_at, i.basis, r.version::integer
             FROM access_item i, request r
            WHERE hashtextextended(i.engineer_id COLLATE "C", hashtextextended(i.resource_id COLLATE "C", 0))
                  = hashtextextended(asked.engineer_id COLLATE "C", hashtextextended(asked.cluster COLLATE "C", 0))
              AND i.engineer_id = asked.engineer_id AND i.resource_id = asked.cluster
              AND i.expires_at > greatest(at_time, clock.mark)
              AND i.starts_at <= at_time
              AND (i.action = asked.action
                   AND i.kind IS NOT DISTINCT FROM asked.kind
                   AND (i.namespace IS NOT DISTINCT FROM asked.namespace
                        OR (i.namespace IS NULL AND i.action = 'list_or_get_objects'))
                   AND (i.name = asked.name
                        OR (i.name IS NULL AND i.action NOT IN ('update_object', 'delete_object'))
                        OR (asked.is_asked_again AND asked.name IS NULL AND i.action = 'create_object'))
                   AND (i.content_digest IS NULL OR asked.is_asked_again OR i.content_digest = asked.content_digest)
                   OR asked.action = 'list_or_get_objects' AND asked.name IS NOT NULL -- implied reading
                   AND i.action IN ('create_object', 'update_object', 'delete_object', 'get_pod_logs')
                   AND i.namespace IS NOT DISTINCT FROM asked.namespace
                   AND CASE i.action WHEN 'get_pod_logs' THEN 'Pod' ELSE i.kind END = asked.kind
                   AND (i.name = asked.name OR (i.name IS NULL AND i.action = 'get_pod_logs')))
              AND r.request_id = i.request_id AND r.state = i.basis
            ORDER BY i.expires_at DESC, i.request_id
            LIMIT 1) AS held
        ON at_time >= clock.mark - interval '30 seconds' AND (NOT asked.is_asked_again OR session_user = 'lockbox_authorizer');
END
$$;
REVOKE ALL ON FUNCTION access_check_many(text[], text[], text[], text[], text[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_check_many(text[], text[], text[], text[], text[], text[], text[]) TO lockbox_authorizer;

-- A program before this one asks one question at a time.
UPDATE schema_version SET version = greatest(version, 116);

RESET ROLE;
