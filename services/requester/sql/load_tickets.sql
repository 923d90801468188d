-- takes: ticket_ids text[]
-- answers: ticket_id text, snapshot json
SELECT ticket_id, snapshot
  FROM ticket
 WHERE ticket_id = ANY (:ticket_ids)
 ORDER BY ticket_id
   FOR NO KEY UPDATE
