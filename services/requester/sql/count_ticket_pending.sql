-- The number of pending requests of each ticket.
-- takes: ticket_ids text[]
-- answers: ticket_id text, pending bigint
SELECT ticket_id, count(*) AS pending
  FROM request
 WHERE ticket_id = ANY (:ticket_ids) AND due_at IS NOT NULL AND state = 'customer_notified'
   AND decide_by > clock_timestamp()
 GROUP BY ticket_id
