-- A clock that goes back opens nothing again: what was told to be over stays over, and nothing is allowed by a clock
-- that is far behind what it once was.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- One row: the latest time that the clock is known to have reached. Workers raise it with what they commit, while the
-- clock agrees with their machines'.
CREATE TABLE clock_mark (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    at       timestamptz NOT NULL
);
INSERT INTO clock_mark (at) VALUES ('epoch');
GRANT SELECT ON clock_mark TO lockbox_worker, lockbox_operator, lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_notifier;

-- It only rises, and not beyond the clock. Who finds the row locked leaves it: another raises it now.
CREATE FUNCTION clock_mark_raise(reached timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    UPDATE clock_mark SET at = reached
     WHERE only_row = (SELECT only_row FROM clock_mark
                        WHERE at < reached AND reached <= clock_timestamp() FOR UPDATE SKIP LOCKED);
$$;
REVOKE ALL ON FUNCTION clock_mark_raise(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clock_mark_raise(timestamptz) TO lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_notifier;

-- "Is this allowed now?" One row, always. By the table of items:
--   create_object         namespace absent = cluster-scoped; kind; name absent = any
--   update_, delete_object namespace absent = cluster-scoped; kind; name
--   list_or_get_objects   namespace absent = every namespace; kind; name absent = all of that kind
--   get_pod_logs          namespace; no kind; name absent = every pod there
-- A request's absent part matches only where this table says so. Empty text is not absent.
-- Implied reading: an item that names one object covers getting that object, and logs cover getting their pods; an
-- engineer's tool asks for them first.
-- content_digest '*': the same question is asked again, whole, before the change is made. Only the authorizer may say
-- so; its question about create_object without a name is then about any name.
-- An item's request has to be in the state that the item was opened in: an end that was told is final.
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
    mark CONSTANT timestamptz := (SELECT m.at FROM clock_mark m WHERE m.only_row);
    cluster CONSTANT text := lower(access_check.resource_id COLLATE "C");
    actions CONSTANT text[] :=
        CASE WHEN access_check.action = 'list_or_get_objects' AND access_check.name IS NOT NULL
             THEN ARRAY['list_or_get_objects', 'create_object', 'update_object', 'delete_object', 'get_pod_logs']
             ELSE ARRAY[access_check.action] END;
    is_asked_again CONSTANT boolean := access_check.content_digest IS NOT DISTINCT FROM '*';
BEGIN
    IF at_time >= mark - interval '30 seconds' IS NOT TRUE THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'clock_behind', NULL::integer;
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
       AND i.basis = (SELECT r.state FROM request r WHERE r.request_id = i.request_id)
     ORDER BY i.expires_at DESC, i.request_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'no_grant', NULL::integer;
    END IF;
END
$$;

UPDATE schema_version SET version = 30;

RESET ROLE;
