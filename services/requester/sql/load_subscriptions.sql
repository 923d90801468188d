-- Those named, and those of the tickets named.
SELECT snapshot
  FROM subscription
 WHERE subscription_id = ANY ($1::text[])
    OR subscription_id IN (SELECT t.subscription_id FROM ticket t WHERE t.ticket_id = ANY ($2::text[]))
 ORDER BY subscription_id
   FOR NO KEY UPDATE
