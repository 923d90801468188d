-- Locks requests in id order: those named, and the live ones of tickets named.
SELECT request_id, '{' || standing || ',' || particulars || '}'
  FROM request
 WHERE request_id = ANY ($1::uuid[])
    OR (ticket_id = ANY ($2::text[]) AND due_at IS NOT NULL)
 ORDER BY request_id
   FOR UPDATE
