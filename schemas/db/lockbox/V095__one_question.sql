-- access_check asks one query, whatever it answers, and finds what an engineer holds on a cluster by one short key.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- What an engineer holds on a cluster, the longest first: what is over lies behind what is live. A hash, since both ids are
-- long; access_check compares them, too. COLLATE "C": the index outlives another version of the locale.
CREATE INDEX access_item_held
    ON access_item (hashtextextended(engineer_id COLLATE "C", hashtextextended(resource_id COLLATE "C", 0)), expires_at DESC, request_id);
DROP INDEX access_item_live;
ANALYZE access_item;

-- "Is this allowed now?" One row, always. By the table of items:
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
-- Nothing is allowed by a database that was set back: what was revoked may not be in it.
--
-- Each expression is set up anew at each call, so there are few. The index has the order of the answer: without a sort, the first
-- item that covers the question ends the search, and the plan is the same for an
-- empty table and for a large one.
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
#variable_conflict use_column
DECLARE
    at_time CONSTANT timestamptz := clock_timestamp();
    -- NULL, on which nobody holds anything, where no item covers such a question.
    cluster CONSTANT text :=
        CASE WHEN access_check.namespace = '' OR access_check.kind = '' OR access_check.name = '' THEN NULL
             WHEN CASE access_check.action
                  WHEN 'get_pod_logs' THEN access_check.namespace IS NOT NULL AND access_check.kind IS NULL
                  ELSE access_check.kind IS NOT NULL
                       AND access_check.action IN ('list_or_get_objects', 'create_object', 'update_object', 'delete_object') END
             THEN lower(access_check.resource_id COLLATE "C") END;
    is_asked_again CONSTANT boolean := access_check.content_digest IS NOT DISTINCT FROM '*';
    mark timestamptz;
BEGIN
    SELECT clock.mark, held.request_id, held.expires_at, held.basis, held.version
      INTO mark, request_id, expires_at, reason, version
      FROM (SELECT CASE WHEN EXISTS (SELECT FROM set_back) THEN 'infinity'
                        ELSE (SELECT m.at FROM clock_mark m WHERE m.only_row) END AS mark
            OFFSET 0) AS clock -- read once
      LEFT JOIN LATERAL (
           SELECT i.request_id, i.expires_at, i.basis, r.version::integer
             FROM access_item i, request r
            WHERE hashtextextended(i.engineer_id COLLATE "C", hashtextextended(i.resource_id COLLATE "C", 0))
                  = hashtextextended(access_check.engineer_id COLLATE "C", hashtextextended(cluster COLLATE "C", 0))
              AND i.engineer_id = access_check.engineer_id AND i.resource_id = cluster
              AND i.expires_at > greatest(at_time, clock.mark)
              AND i.starts_at <= at_time
              AND (i.action = access_check.action
                   AND i.kind IS NOT DISTINCT FROM access_check.kind
                   AND (i.namespace IS NOT DISTINCT FROM access_check.namespace
                        OR (i.namespace IS NULL AND i.action = 'list_or_get_objects'))
                   AND (i.name = access_check.name
                        OR (i.name IS NULL AND i.action NOT IN ('update_object', 'delete_object'))
                        OR (is_asked_again AND access_check.name IS NULL AND i.action = 'create_object'))
                   AND (i.content_digest IS NULL OR is_asked_again OR i.content_digest = access_check.content_digest)
                   OR access_check.action = 'list_or_get_objects' AND access_check.name IS NOT NULL -- implied reading
                   AND i.action IN ('create_object', 'update_object', 'delete_object', 'get_pod_logs')
                   AND i.namespace IS NOT DISTINCT FROM access_check.namespace
                   AND CASE i.action WHEN 'get_pod_logs' THEN 'Pod' ELSE i.kind END = access_check.kind
                   AND (i.name = access_check.name OR (i.name IS NULL AND i.action = 'get_pod_logs')))
              AND r.request_id = i.request_id AND r.state = i.basis
            ORDER BY i.expires_at DESC, i.request_id
            LIMIT 1) AS held
        ON at_time >= clock.mark - interval '30 seconds' AND (NOT is_asked_again OR session_user = 'lockbox_authorizer');
    allowed := request_id IS NOT NULL;
    IF NOT allowed THEN
        reason := CASE WHEN mark = 'infinity' THEN 'set_back'
                       WHEN at_time >= mark - interval '30 seconds' IS NOT TRUE THEN 'clock_behind'
                       WHEN is_asked_again AND session_user <> 'lockbox_authorizer' THEN 'content_required'
                       ELSE 'no_grant' END;
        IF reason = 'no_grant' AND access_check.action IN ('create_object', 'update_object') THEN -- the two that have content
            PERFORM FROM access_item i
              WHERE hashtextextended(i.engineer_id COLLATE "C", hashtextextended(i.resource_id COLLATE "C", 0))
                    = hashtextextended(access_check.engineer_id COLLATE "C", hashtextextended(cluster COLLATE "C", 0))
                AND i.engineer_id = access_check.engineer_id AND i.resource_id = cluster AND i.action = access_check.action
                AND i.expires_at > greatest(at_time, mark) AND i.starts_at <= at_time AND i.content_digest IS NOT NULL
                AND i.namespace IS NOT DISTINCT FROM access_check.namespace
                AND i.kind = access_check.kind AND i.name = access_check.name
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

-- A program before this one asks the same question.
UPDATE schema_version SET version = greatest(version, 95);

RESET ROLE;
