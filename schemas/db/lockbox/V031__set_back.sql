-- A database that was set back, by a restore or by a failover that lost commits, is told by Kafka's committed offsets:
-- nothing is decided in it and nothing allowed by it, until it is what it was or an operator accepts it.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- Partitions of which Kafka's committed offset is ahead of this database's: it is older than what it committed once. A
-- worker that takes such a partition keeps it here, and reads nothing, until the two agree or an operator accepts it.
CREATE TABLE set_back (
    consumer         text        NOT NULL,
    topic            text        NOT NULL,
    "partition"      integer     NOT NULL,
    next_offset      bigint      NOT NULL, -- this database's
    committed_offset bigint      NOT NULL, -- Kafka's
    found_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, topic, "partition")
);

-- What operators accepted: a committed offset of Kafka's that says nothing of this database.
CREATE TABLE offsets_accepted (
    consumer         text        NOT NULL,
    topic            text        NOT NULL,
    "partition"      integer     NOT NULL,
    committed_offset bigint      NOT NULL,
    next_offset      bigint      NOT NULL,
    operator_id      text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login            text        NOT NULL,                           -- who the server says they are
    reason           text        NOT NULL CHECK (reason <> ''),
    accepted_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Accepts all of what was found, and answers it.
CREATE FUNCTION offsets_accept(who text, why text)
RETURNS TABLE (consumer text, topic text, "partition" integer, next_offset bigint, committed_offset bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    WITH found AS (DELETE FROM set_back RETURNING *)
    INSERT INTO offsets_accepted (consumer, topic, "partition", committed_offset, next_offset, operator_id, login, reason)
    SELECT consumer, topic, "partition", committed_offset, next_offset, who, session_user, why FROM found
    RETURNING consumer, topic, "partition", next_offset, committed_offset;
$$;
REVOKE ALL ON FUNCTION offsets_accept(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offsets_accept(text, text) TO lockbox_operator;

GRANT SELECT ON set_back TO lockbox_worker, lockbox_operator, lockbox_expirer;
GRANT SELECT, INSERT, DELETE ON set_back TO lockbox_requester, lockbox_decider, lockbox_notifier;
GRANT SELECT ON offsets_accepted TO lockbox_worker, lockbox_operator, lockbox_requester, lockbox_decider, lockbox_notifier;

-- Each worker's rows are its own, as in consumer_offset.
ALTER TABLE set_back ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON set_back FOR SELECT USING (true); -- privileges say who
CREATE POLICY requester ON set_back TO lockbox_requester USING (consumer LIKE '%requester');
CREATE POLICY decider ON set_back TO lockbox_decider USING (consumer LIKE '%decider');
CREATE POLICY notifier ON set_back TO lockbox_notifier USING (consumer LIKE '%notifier');

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
       AND i.basis = (SELECT r.state FROM request r WHERE r.request_id = i.request_id)
     ORDER BY i.expires_at DESC, i.request_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'no_grant', NULL::integer;
    END IF;
END
$$;

UPDATE schema_version SET version = 31;

RESET ROLE;
