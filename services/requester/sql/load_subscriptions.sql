-- The subscriptions (in lower case), those of the tickets, and all of the tenants.
-- takes: subscription_ids text[], ticket_ids text[], tenant_ids text[]
-- answers: tenant_id text, subscription_id text, snapshot json
SELECT tenant_id, subscription_id, snapshot
  FROM subscription
 WHERE lower(subscription_id COLLATE "C") = ANY (:subscription_ids)
    OR lower(subscription_id COLLATE "C") IN (SELECT lower(t.subscription_id COLLATE "C") FROM ticket t
                                   WHERE t.ticket_id = ANY (:ticket_ids))
    OR tenant_id = ANY (:tenant_ids)
 ORDER BY lower(subscription_id COLLATE "C")
   FOR NO KEY UPDATE
