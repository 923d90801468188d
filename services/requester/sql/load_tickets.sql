-- takes: ticket_ids text[]
-- answers: snapshot json
SELECT snapshot
  FROM ticket
 WHERE ticket_id = ANY (:ticket_ids)
 ORDER BY ticket_id
   FOR NO KEY UPDATE
