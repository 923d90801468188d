-- Due requests, oldest first, that no other expirer and no decision has in hand. The clock is read by a
-- query of its own: compared with a volatile function, due_at could not lead the index scan.
-- takes: most integer, left_out uuid[]
-- answers: request_id uuid, standing text, traceparent text, tracestate text
SELECT request_id, '{' || standing || '}' AS standing, traceparent, tracestate
  FROM request
 WHERE due_at <= (SELECT clock_timestamp()) AND request_id <> ALL (:left_out)
 ORDER BY due_at, request_id
 LIMIT :most
   FOR UPDATE SKIP LOCKED
