SELECT snapshot
  FROM ticket
 WHERE ticket_id = ANY ($1::text[])
 ORDER BY ticket_id
   FOR NO KEY UPDATE
