-- The number of pending requests of each subscription (in lower case), and of those of the tickets.
-- takes: subscription_ids text[], ticket_ids text[]
-- answers: subscription_id text, pending bigint
SELECT lower(r.subscription_id COLLATE "C") AS subscription_id, count(*) AS pending
  FROM request r
 WHERE lower(r.subscription_id COLLATE "C") IN (
           SELECT unnest(:subscription_ids) COLLATE "C"
            UNION
           SELECT lower(t.subscription_id COLLATE "C") FROM ticket t WHERE t.ticket_id = ANY (:ticket_ids))
   AND r.due_at IS NOT NULL AND r.state = 'customer_notified' AND r.decide_by > clock_timestamp()
 GROUP BY 1
