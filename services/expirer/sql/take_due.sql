-- Due requests, the oldest first, that no other transaction locks. The clock is read by a subquery:
-- the index scan on due_at cannot use a comparison with a volatile function.
-- takes: most integer, left_out uuid[]
-- answers: request_id uuid, standing text, traceparent text, tracestate text
SELECT request_id, '{' || standing || '}' AS standing, traceparent, tracestate
  FROM request
 WHERE due_at <= (SELECT clock_timestamp()) AND request_id <> ALL (:left_out)
 ORDER BY due_at, request_id
 LIMIT :most
   FOR UPDATE SKIP LOCKED
