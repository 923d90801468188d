-- The voters who have a role that lets them approve each request now. A request without a tenant
-- was granted without approval: an approver of its subscription may revoke it.
-- rows vote: request_id uuid, principal_id text
-- answers: request_id uuid, principal_id text
SELECT DISTINCT r.request_id, a.principal_id
  FROM :vote
  JOIN request r ON r.request_id = vote.request_id
  JOIN role_assignment a ON (a.tenant_id = r.tenant_id OR r.tenant_id IS NULL)
       AND a.subscription_id = lower(r.subscription_id COLLATE "C") COLLATE "default"
       AND a.principal_id = vote.principal_id AND a.removed_at IS NULL
       AND a.role IN ('owner', 'lockbox_approver')
