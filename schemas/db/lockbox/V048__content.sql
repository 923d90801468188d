-- An item with content covers that object alone, and only with those bytes.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE access_item ADD content_digest text; -- of the object after the change; NULL: any content

-- An item is its request's: the same words and the same content, kept, and within the time that the request tells. The access of
-- a request that is over has its end behind it.
CREATE OR REPLACE FUNCTION check_opened_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    PERFORM refuse('access to what no request asked for, or was not given')
       FROM opened AS i
       LEFT JOIN request r ON r.request_id = i.request_id
      WHERE NOT coalesce(
                (r.state = i.basis OR i.expires_at <= r.ended_at)
                AND i.engineer_id = r.engineer_id AND i.resource_id = lower(r.resource_id COLLATE "C")
                AND i.starts_at >= r.starts_at AND i.expires_at <= r.expires_at
                AND EXISTS (SELECT FROM json_to_recordset(('{' || r.consent || '}')::json -> 'actions')
                                   AS asked (number integer, action text, namespace text, kind text, name text,
                                             container text, uid text, content json, kept boolean)
                             WHERE asked.number = i.number AND asked.action = i.action
                               AND asked.namespace IS NOT DISTINCT FROM i.namespace AND asked.kind IS NOT DISTINCT FROM i.kind
                               AND asked.name IS NOT DISTINCT FROM i.name
                               AND asked.container IS NOT DISTINCT FROM i.container AND asked.uid IS NOT DISTINCT FROM i.uid
                               AND asked.content ->> 'digest' IS NOT DISTINCT FROM i.content_digest
                               AND CASE WHEN r.kept IS NULL THEN asked.kept ELSE asked.number = ANY (r.kept) END), false);
    RETURN NULL;
END
$$;

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
CREATE OR REPLACE FUNCTION access_check(engineer_id text, resource_id text, action text,
                             namespace text, kind text, name text, content_digest text DEFAULT NULL)
RETURNS TABLE (allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER -- plpgsql keeps the plan between calls
SET search_path = lockbox, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    at_time CONSTANT timestamptz := clock_timestamp();
    mark CONSTANT timestamptz := (SELECT CASE WHEN EXISTS (SELECT FROM set_back) THEN 'infinity' ELSE m.at END
                                    FROM clock_mark m WHERE m.only_row);
    cluster CONSTANT text := lower(access_check.resource_id COLLATE "C");
    actions CONSTANT text[] :=
        CASE WHEN access_check.action = 'list_or_get_objects' AND access_check.name IS NOT NULL
             THEN ARRAY['list_or_get_objects', 'create_object', 'update_object', 'delete_object', 'get_pod_logs']
             ELSE ARRAY[access_check.action] END;
    needs_content boolean;
    is_asked_again CONSTANT boolean := access_check.content_digest IS NOT DISTINCT FROM '*';
BEGIN
    IF at_time >= mark - interval '30 seconds' IS NOT TRUE THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz,
                            CASE WHEN mark = 'infinity' THEN 'set_back' ELSE 'clock_behind' END, NULL::integer;
        RETURN;
    END IF;
    IF is_asked_again AND session_user <> 'lockbox_authorizer' THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'content_required', NULL::integer;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT true, i.request_id, i.expires_at, i.basis,
           (SELECT r.version::integer FROM request r WHERE r.request_id = i.request_id)
      FROM access_item i
     WHERE i.engineer_id = access_check.engineer_id
       AND i.resource_id = cluster
       AND i.action = ANY (actions)
       AND i.expires_at > greatest(at_time, mark)
       AND i.starts_at <= at_time
       AND '' NOT IN (coalesce(access_check.namespace, '-'), coalesce(access_check.kind, '-'),
                      coalesce(access_check.name, '-'))
       AND CASE
           WHEN i.action <> access_check.action THEN -- implied reading
               i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND CASE i.action WHEN 'get_pod_logs' THEN 'Pod' ELSE i.kind END = access_check.kind
               AND (i.name = access_check.name OR (i.action = 'get_pod_logs' AND i.name IS NULL))
           WHEN i.action = 'create_object' THEN
               i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND i.kind = access_check.kind
               AND (i.name IS NULL OR i.name = access_check.name
                    OR (is_asked_again AND access_check.name IS NULL))
           WHEN i.action IN ('update_object', 'delete_object') THEN
               i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND i.kind = access_check.kind AND i.name = access_check.name
           WHEN i.action = 'list_or_get_objects' THEN
               (i.namespace IS NULL OR i.namespace = access_check.namespace)
               AND i.kind = access_check.kind
               AND (i.name IS NULL OR i.name = access_check.name)
           WHEN i.action = 'get_pod_logs' THEN
               i.namespace = access_check.namespace
               AND access_check.kind IS NULL
               AND (i.name IS NULL OR i.name = access_check.name)
           ELSE false
           END
       AND (i.content_digest IS NULL OR is_asked_again OR i.action <> access_check.action
            OR i.content_digest = access_check.content_digest)
       AND i.basis = (SELECT r.state FROM request r WHERE r.request_id = i.request_id)
     ORDER BY i.expires_at DESC, i.request_id
     LIMIT 1;
    IF NOT FOUND THEN
        needs_content := EXISTS (
            SELECT FROM access_item i
             WHERE i.engineer_id = access_check.engineer_id AND i.resource_id = cluster AND i.action = access_check.action
               AND i.expires_at > greatest(at_time, mark) AND i.starts_at <= at_time AND i.content_digest IS NOT NULL
               AND i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND i.kind = access_check.kind AND i.name = access_check.name
               AND i.basis = (SELECT r.state FROM request r WHERE r.request_id = i.request_id));
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz,
                            CASE WHEN needs_content THEN 'content_required' ELSE 'no_grant' END, NULL::integer;
    END IF;
END
$$;

-- Programs before this one open an item without its content, which the database refuses.
UPDATE schema_version SET version = 48;

RESET ROLE;
