-- takes: state text, ticket_id text, most bigint
-- answers: request_id uuid, state text, ticket_id text, engineer_id text, cluster text, created_at text, ends_at text,
--   ends_in text, ended_at text, tenant_id text, subscription_id text, resource_id text, version text, reason text
SELECT request_id, state, ticket_id, engineer_id, substring(resource_id FROM '[^/]*$') AS cluster, created_at,
       coalesce(expires_at, decide_by) AS ends_at,
       CASE WHEN ended_at IS NOT NULL OR minutes IS NULL THEN NULL
            WHEN minutes < 0 THEN 'over'
            WHEN minutes < 120 THEN minutes || 'm'
            WHEN minutes < 6000 THEN minutes / 60 || 'h'
            ELSE minutes / 1440 || 'd'
       END AS ends_in,
       ended_at, tenant_id, subscription_id, resource_id, version, reason
  FROM request
 CROSS JOIN LATERAL (SELECT floor(extract(epoch FROM coalesce(expires_at, decide_by) - clock_timestamp()) / 60)::bigint AS minutes) AS l
 WHERE (:state IS NULL OR state = :state)
   AND (:ticket_id IS NULL OR ticket_id = :ticket_id)
 ORDER BY request_id DESC
 LIMIT :most
