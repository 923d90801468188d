-- The requests of these tickets that wait for an answer.
SELECT request_id FROM request WHERE ticket_id = ANY ($1::text[]) AND due_at IS NOT NULL
