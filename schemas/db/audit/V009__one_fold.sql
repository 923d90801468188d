-- Clusters and subscriptions are compared by one fold, A to Z, whatever the database's locale; and an item that names
-- one object covers getting it, as access_check says.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- Which actions' items can cover an access: its own, and for one object's reading those that name the object.
CREATE FUNCTION covering_actions(action text, name text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN action = 'list_or_get_objects' AND name IS NOT NULL
                THEN ARRAY['list_or_get_objects', 'create_object', 'update_object', 'delete_object', 'get_pod_logs']
                ELSE ARRAY[action] END
$$;

-- Whether an item allows an access, by the table in docs/sql.md. Absent (NULL) matches only where the table says
-- so; empty text is not absent, and matches nothing.
CREATE FUNCTION covers(item_action text, item_namespace text, item_kind text, item_name text,
                       action text, namespace text, kind text, name text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT '' NOT IN (coalesce(namespace, '-'), coalesce(kind, '-'), coalesce(name, '-'))
       AND CASE
           WHEN item_action <> action THEN -- implied reading
               action = 'list_or_get_objects' AND item_namespace IS NOT DISTINCT FROM namespace
               AND CASE item_action WHEN 'get_pod_logs' THEN 'Pod' ELSE item_kind END = kind
               AND (item_name = name OR (item_action = 'get_pod_logs' AND item_name IS NULL AND name IS NOT NULL))
           WHEN item_action = 'create_object' THEN
               item_namespace IS NOT DISTINCT FROM namespace AND item_kind = kind
               AND (item_name IS NULL OR item_name = name)
           WHEN item_action IN ('update_object', 'delete_object') THEN
               item_namespace IS NOT DISTINCT FROM namespace AND item_kind = kind AND item_name = name
           WHEN item_action = 'list_or_get_objects' THEN
               (item_namespace IS NULL OR item_namespace = namespace) AND item_kind = kind
               AND (item_name IS NULL OR item_name = name)
           WHEN item_action = 'get_pod_logs' THEN
               item_namespace = namespace AND kind IS NULL AND (item_name IS NULL OR item_name = name)
           ELSE false
           END
$$;

-- What access_check answered at that time: from timestamps alone. Of whoever may see only one tenant's rows,
-- other tenants' grants are none.
CREATE OR REPLACE FUNCTION access_check_at(engineer_id text, resource_id text, action text, namespace text, kind text,
                                name text, at timestamptz)
RETURNS TABLE (allowed boolean, request_id uuid, expires_at timestamptz, reason text)
LANGUAGE plpgsql STABLE SET search_path = audit, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT true, g.request_id::uuid, g.expires_at, g.basis
      FROM audit.grant_item g
     WHERE g.engineer_id = access_check_at.engineer_id
       AND g.cluster = lower(access_check_at.resource_id COLLATE "C")
       AND g.action = ANY (audit.covering_actions(access_check_at.action, access_check_at.name))
       AND g.access_until > access_check_at.at
       AND g.starts_at <= access_check_at.at
       AND audit.covers(g.action, g.namespace, g.kind, g.name, access_check_at.action, access_check_at.namespace,
                        access_check_at.kind, access_check_at.name)
     ORDER BY g.expires_at DESC, g.request_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'no_grant';
    END IF;
END
$$;

-- Whether there ever was a grant is asked twice, and each time the first that fits is answer enough.
CREATE OR REPLACE VIEW violation WITH (security_invoker) AS
    SELECT a.performed_at AS at,
           CASE WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
                                AND g.starts_at <= a.performed_at
                                AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind,
                                           a.name))
                THEN 'ended'
                WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
                                AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind,
                                           a.name))
                THEN 'not_started'
                ELSE 'no_grant' END AS why,
           a.engineer_id, a.resource_id, a.cluster, a.action, a.namespace, a.kind, a.name, a.request_id,
           a.tenant_id, a.event_id, a.source, a.topic, a."partition", a."offset"
      FROM access a
     WHERE a.outcome = 'allowed' AND a.covered_by IS NULL
    UNION ALL
    SELECT u.kafka_timestamp, 'unreadable', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, u.event_id, NULL, u.topic, u."partition", u."offset"
      FROM unreadable u
     WHERE u.about = 'access';

DROP FUNCTION covers(text, text, text, text, text, text, text);

-- The version before judges by the function that is gone.
UPDATE schema_version SET version = 9, oldest_program = 9;

RESET ROLE;
