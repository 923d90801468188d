-- The current roles: in the subscriptions (in lower case) and those of the tickets, in the scope of
-- the tenants, and all of whole_tenant_ids.
-- takes: subscription_ids text[], ticket_ids text[], tenant_ids text[], whole_tenant_ids text[]
-- answers: tenant_id text, subscription_id text, role text, principal_id text, email text, name text,
--   assigned_at timestamptz
SELECT tenant_id, subscription_id, role, principal_id, email, name, assigned_at
  FROM role_assignment
 WHERE removed_at IS NULL
   AND (subscription_id = ANY (:subscription_ids)
        OR subscription_id IN (SELECT lower(t.subscription_id COLLATE "C") COLLATE "default" FROM ticket t
                                WHERE t.ticket_id = ANY (:ticket_ids))
        OR tenant_id = ANY (:whole_tenant_ids)
        OR (subscription_id = '' AND tenant_id = ANY (:tenant_ids)))
   AND (subscription_id <> '' OR tenant_id = ANY (:tenant_ids))
