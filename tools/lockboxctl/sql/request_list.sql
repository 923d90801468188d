-- takes: state text, ticket_id text, most bigint
-- answers: request_id uuid, state text, ticket_id text, engineer_id text, cluster text, created_at text, ends_at text,
--   ended_at text, tenant_id text, subscription_id text, resource_id text, version text, reason text
SELECT request_id, state, ticket_id, engineer_id, substring(resource_id FROM '[^/]*$') AS cluster, created_at,
       coalesce(expires_at, decide_by) AS ends_at, ended_at, tenant_id, subscription_id, resource_id, version,
       reason
  FROM request
 WHERE (:state IS NULL OR state = :state)
   AND (:ticket_id IS NULL OR ticket_id = :ticket_id)
 ORDER BY request_id DESC
 LIMIT :most
