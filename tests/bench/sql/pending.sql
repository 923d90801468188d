-- The pending requests of these tickets.
-- takes: ticket_ids text[]
-- answers: request_id uuid
SELECT request_id FROM request WHERE ticket_id = ANY (:ticket_ids) AND due_at IS NOT NULL
