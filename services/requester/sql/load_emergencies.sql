-- The emergencies that decide whether another one is allowed, of the subscriptions (in lower case)
-- and of those of the tickets: of the last day, not acknowledged, or revoked.
-- takes: subscription_ids text[], ticket_ids text[]
-- answers: request_id uuid, subscription_id text, ticket_id text, state text, created_at timestamptz,
--   acknowledge_by timestamptz, acknowledged boolean
SELECT r.request_id, r.subscription_id, r.ticket_id, r.state, r.created_at,
       split_part(split_part(r.standing, ',"acknowledge_by":"', 2), '"', 1)::timestamptz AS acknowledge_by,
       strpos(r.standing, ',"acknowledged_at":"') > 0 AS acknowledged
  FROM request r
 WHERE lower(r.subscription_id COLLATE "C") IN (
           SELECT unnest(:subscription_ids) COLLATE "C"
            UNION
           SELECT lower(t.subscription_id COLLATE "C") FROM ticket t WHERE t.ticket_id = ANY (:ticket_ids))
   AND strpos(r.standing, ',"acknowledge_by":"') > 0
   AND (r.created_at > clock_timestamp() - interval '25 hours'
        OR strpos(r.standing, ',"acknowledged_at":"') = 0
        OR r.state = 'revoked' AND r.ticket_id = ANY (:ticket_ids))
