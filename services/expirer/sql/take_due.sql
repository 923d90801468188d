-- Due requests, oldest first, that no other expirer and no decision has in hand.
SELECT request_id, snapshot
  FROM request
 WHERE due_at <= clock_timestamp()
 ORDER BY due_at, request_id
 LIMIT $1::integer
   FOR UPDATE SKIP LOCKED
