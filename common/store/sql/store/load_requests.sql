-- Locks requests in the order of their ids: those named, and the live ones of the tickets and of
-- the subscriptions (in lower case).
-- takes: request_id uuid[], ticket_id text[], subscription_id text[]
-- answers: request_id uuid, request text, starts_asked timestamptz, traceparent text, tracestate text
SELECT request_id, '{' || standing || ',' || consent_kept(consent, kept) || ',' || particulars || '}' AS request, starts_asked, traceparent, tracestate
  FROM request
 WHERE request_id = ANY (:request_id)
    OR (ticket_id = ANY (:ticket_id) AND due_at IS NOT NULL)
    OR (lower(subscription_id COLLATE "C") = ANY (:subscription_id) AND due_at IS NOT NULL)
 ORDER BY request_id
   FOR UPDATE
