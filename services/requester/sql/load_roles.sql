-- The roles held now: in the subscriptions named (in lower case) and those of the tickets named, and in
-- the scope of the tenants named. First assigned, first listed.
SELECT tenant_id, subscription_id, role, principal_id, email, name
  FROM role_assignment
 WHERE removed_at IS NULL
   AND (subscription_id = ANY ($1::text[])
        OR subscription_id IN (SELECT lower(t.subscription_id) FROM ticket t
                                WHERE t.ticket_id = ANY ($2::text[]))
        OR (subscription_id = '' AND tenant_id = ANY ($3::text[])))
   AND (subscription_id <> '' OR tenant_id = ANY ($3::text[]))
 ORDER BY assigned_at, principal_id, role
