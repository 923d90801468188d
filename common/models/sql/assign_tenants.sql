-- Assigns accesses whose subscription joined or left a tenant before the access, where that became known only now.
-- rows given: subscription_id text, at timestamptz
WITH moved AS (
    SELECT lower(given.subscription_id COLLATE "C") AS subscription_id, min(given.at) AS since
      FROM :given
     GROUP BY 1
), judged AS (
    SELECT a.performed_at, a.identity, a.tenant_id AS was,
           (SELECT CASE WHEN o.owned THEN o.tenant_id END
              FROM subscription_owner o
             WHERE o.subscription_id = split_part(a.cluster, '/', 3) AND o.at <= a.performed_at
               AND starts_with(a.cluster, '/subscriptions/' || o.subscription_id || '/')
             ORDER BY o.at DESC, o.event_id DESC LIMIT 1) AS tenant_id
      FROM moved m
      JOIN access a ON a.cluster >= '/subscriptions/' || m.subscription_id || '/'
                   AND a.cluster < '/subscriptions/' || m.subscription_id || '0' -- which follows "/"
                   AND a.performed_at >= m.since
)
UPDATE access a SET tenant_id = j.tenant_id
  FROM judged j
 WHERE a.performed_at = j.performed_at AND a.identity = j.identity AND j.was IS DISTINCT FROM j.tenant_id
