-- Every key of the tenants, also removed ones, as a key is never accepted for another person. Likewise of
-- the tenants with signed decisions in the subscriptions (in lower case), or in those of the tickets.
-- takes: tenant_ids text[], subscription_ids text[], ticket_ids text[]
-- answers: tenant_id text, principal_id text, public_key bytea, hex text, held boolean, rp_id text, origins text
SELECT tenant_id, principal_id, public_key, encode(public_key, 'hex') AS hex, removed_at IS NULL AS held, rp_id,
       array_to_string(origins, ' ') AS origins
  FROM approver_key
 WHERE tenant_id = ANY (:tenant_ids)
    OR tenant_id IN (
           SELECT s.tenant_id
             FROM subscription s
            WHERE s.snapshot #>> '{policy,signed_decisions}' = 'true'
              AND lower(s.subscription_id COLLATE "C") IN (
                      SELECT unnest(:subscription_ids) COLLATE "C"
                       UNION
                      SELECT lower(t.subscription_id COLLATE "C") FROM ticket t WHERE t.ticket_id = ANY (:ticket_ids)))
 ORDER BY set_at
