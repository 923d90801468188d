-- What an item covers is said once, for access_check and for access_check_many.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- The items that answer a question, at a time. Nobody calls it: PostgreSQL puts its query in the place of each call. By the table of items:
--   create_object         namespace absent = cluster-scoped; kind; name absent = any
--   update_, delete_object namespace absent = cluster-scoped; kind; name
--   list_or_get_objects   namespace absent = every namespace; kind; name absent = all of that kind
--   get_pod_logs          namespace; no kind; name absent = every pod there
-- A request's absent part matches only where this table says so. Empty text is not absent.
-- Implied reading: an item that names one object covers getting that object, and logs cover getting their pods; an
-- engineer's tool asks for them first.
-- An item with content covers its creation or update with that digest alone, and reading that it implies without one.
-- content_digest '*': the same question is asked again, whole, with its content, before the change is made. Only the authorizer may say
-- so; its question about create_object without a name is then about any name.
-- An item's request has to be in the state that the item was opened in: an end that was told is final.
-- Nothing is allowed by a database that was set back: what was revoked may not be in it. Nor by a clock that is far behind its mark.
--
-- Each part of an expression is set up anew at each call, so there are few.
CREATE FUNCTION access_held(engineer_id text, resource_id text, action text, namespace text, kind text, name text, content_digest text,
                            at_time timestamptz, mark timestamptz)
RETURNS TABLE (request_id uuid, expires_at timestamptz, basis text, version integer)
LANGUAGE sql STABLE
AS $$
    SELECT i.request_id, i.expires_at, i.basis, r.version::integer
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

-- The mark that a clock is held against; NULL where there is none. The two tables of one row and of none are read whole, which costs less
-- than their indexes: what is asked of them is in no index.
CREATE FUNCTION access_clock() RETURNS TABLE (mark timestamptz)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM lockbox.set_back s WHERE s.told IS NOT NULL) THEN 'infinity'
                ELSE (SELECT m.at FROM lockbox.clock_mark m) END
    OFFSET 0 -- read once
$$;
REVOKE ALL ON FUNCTION access_clock() FROM PUBLIC;

-- Why nothing is held.
CREATE FUNCTION access_refusal(content_digest text, at_time timestamptz, mark timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN mark = 'infinity' THEN 'set_back'
            WHEN at_time >= mark - interval '30 seconds' IS NOT TRUE THEN 'clock_behind'
            WHEN content_digest = '*' AND session_user <> 'lockbox_authorizer' THEN 'content_required'
            ELSE 'no_grant' END;
REVOKE ALL ON FUNCTION access_refusal(text, timestamptz, timestamptz) FROM PUBLIC;

-- "Is this allowed now?" One row, always; access_held says what is. The index has the order of the answer: without a sort, the first item that
-- covers the question ends the search, and the plan is the same for an empty table and for a large one.
CREATE OR REPLACE FUNCTION access_check(engineer_id text, resource_id text, action text,
                             namespace text, kind text, name text, content_digest text DEFAULT NULL)
RETURNS TABLE (allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER -- plpgsql keeps the plan between calls
SET search_path = lockbox, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
    at_time CONSTANT timestamptz := clock_timestamp();
BEGIN
    SELECT held.request_id IS NOT NULL, held.request_id, held.expires_at, coalesce(held.basis, access_refusal($7, at_time, clock.mark)), held.version
      INTO allowed, request_id, expires_at, reason, version
      FROM access_clock() AS clock
      LEFT JOIN LATERAL (
           SELECT h.*
             FROM access_held($1, $2, $3, $4, $5, $6, $7, at_time, clock.mark) AS h
            ORDER BY h.expires_at DESC, h.request_id
            LIMIT 1) AS held ON true;
    IF NOT allowed THEN -- a short condition: it is set up at each call, too
        IF reason = 'no_grant' AND $3 IN ('create_object', 'update_object') THEN -- the two that have content
            PERFORM FROM access_item i
              WHERE hashtextextended(i.engineer_id COLLATE "C", hashtextextended(i.resource_id COLLATE "C", 0))
                    = hashtextextended($1 COLLATE "C", hashtextextended(lower(access_check.resource_id COLLATE "C") COLLATE "C", 0))
                AND i.engineer_id = $1 AND i.resource_id = lower(access_check.resource_id COLLATE "C") AND i.action = $3
                AND i.expires_at > greatest(at_time, (SELECT m.at FROM clock_mark m)) AND i.starts_at <= at_time
                AND i.content_digest IS NOT NULL
                AND i.namespace IS NOT DISTINCT FROM $4 AND i.kind = $5 AND i.name = $6
                AND i.basis = (SELECT r.state FROM request r WHERE r.request_id = i.request_id)
              LIMIT 1;
            IF FOUND THEN
                reason := 'content_required';
            END IF;
        END IF;
    END IF;
    RETURN NEXT;
END
$$;

-- access_check for many questions: element n of each array is a parameter of question n. One row a question, in no order, each as
-- access_check answers it alone. Reason NULL: not allowed, and access_check has to be asked why.
CREATE OR REPLACE FUNCTION access_check_many(engineer_ids text[], resource_ids text[], actions text[], namespaces text[], kinds text[],
                                  names text[], content_digests text[])
RETURNS TABLE (number bigint, allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer)
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
           held.version
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

-- A program before this one asks the same questions.
UPDATE schema_version SET version = greatest(version, 131);

RESET ROLE;
