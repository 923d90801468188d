SELECT request_id, state, ticket_id, engineer_id, substring(resource_id FROM '[^/]*$') AS cluster, created_at,
       coalesce(expires_at, decide_by) AS ends_at, ended_at, tenant_id, subscription_id, resource_id, version,
       reason
  FROM request
 WHERE ($1::text IS NULL OR state = $1)
   AND ($2::text IS NULL OR ticket_id = $2)
 ORDER BY request_id DESC
 LIMIT $3::bigint
