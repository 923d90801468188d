-- takes: after uuid, most integer
-- answers: request_id uuid
SELECT request_id FROM request WHERE request_id > :after ORDER BY request_id LIMIT :most
