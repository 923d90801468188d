-- takes: after text, most integer
-- answers: request_id text
SELECT request_id FROM request_state WHERE request_id > :after ORDER BY request_id LIMIT :most
