-- Logs of one container were agreed to, and those of another were read: that is a violation. Kubernetes asks for a pod's logs without saying whose, so
-- that nothing before the cluster's own record of the access can tell.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE grant_item ADD COLUMN container text;
COMMENT ON COLUMN grant_item.container IS 'Container whose logs may be read; NULL: every one of the pod';

-- Grants from before, as the auditor projects them.
UPDATE grant_item AS g SET container = i.item ->> 'container'
  FROM event AS e, jsonb_array_elements(event_content(e.raw) #> '{request,actions}') AS i (item)
 WHERE g.action = 'get_pod_logs' AND (e.topic, e."partition", e."offset") = (g.topic, g."partition", g."offset")
   AND (i.item ->> 'number')::integer = g.number AND i.item ? 'container';

-- A report that names no container is of the pod's only one.
CREATE OR REPLACE VIEW violation WITH (security_invoker) AS
    SELECT a.performed_at AS at,
           CASE WHEN a.bypass = 'masters' THEN 'masters'
                WHEN a.bypass = 'impersonation' THEN 'impersonation'
                WHEN a.bypass IS NOT NULL THEN 'other_bypass'
                WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
                                AND g.starts_at <= a.performed_at
                                AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind, a.name)
                                AND coalesce(g.container = a.container, true))
                THEN 'ended'
                WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
                                AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind, a.name)
                                AND coalesce(g.container = a.container, true))
                THEN 'not_started'
                ELSE 'no_grant' END AS why,
           a.engineer_id, a.resource_id, a.cluster, a.action, a.namespace, a.kind, a.name, a.request_id,
           a.tenant_id, a.event_id, a.source, a.topic, a."partition", a."offset"
      FROM access a
     WHERE a.outcome = 'allowed' AND (a.bypass IS NOT NULL OR (a.covered_by IS NULL AND a.action IS NOT NULL))
    UNION ALL
    SELECT u.kafka_timestamp, 'unreadable', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, u.event_id, NULL, u.topic, u."partition", u."offset"
      FROM unreadable u
     WHERE u.about = 'access'
    UNION ALL
    SELECT b.at, b.why, b.engineer_id, b.resource_id, lower(b.resource_id COLLATE "C"), NULL, NULL, NULL, NULL, b.request_id,
           b.tenant_id, b.event_id, b.source, b.topic, b."partition", b."offset"
      FROM breach b;

CREATE OR REPLACE VIEW item_use WITH (security_invoker) AS
    SELECT g.request_id, g.number, g.tenant_id, g.engineer_id, g.cluster, g.action, g.namespace, g.kind, g.name,
           g.basis, g.starts_at, g.access_until,
           (SELECT count(*)
              FROM access a
             WHERE a.engineer_id = g.engineer_id AND a.performed_at >= g.starts_at AND a.performed_at < g.access_until
               AND a.cluster = g.cluster AND a.outcome = 'allowed'
               AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind, a.name)
               AND coalesce(g.container = a.container, true)) AS uses
      FROM grant_item g;

-- Programs before this one leave out the column: what they record is covered by any container's grant.
UPDATE schema_version SET version = greatest(version, 175);

RESET ROLE;
