-- Those named (in lower case), and those of the tickets named.
SELECT snapshot
  FROM subscription
 WHERE lower(subscription_id) = ANY ($1::text[])
    OR lower(subscription_id) IN (SELECT lower(t.subscription_id) FROM ticket t
                                   WHERE t.ticket_id = ANY ($2::text[]))
 ORDER BY lower(subscription_id)
   FOR NO KEY UPDATE
