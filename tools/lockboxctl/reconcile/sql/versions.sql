-- takes: request_ids uuid[]
-- answers: request_id uuid, version bigint
SELECT request_id, version FROM request WHERE request_id = ANY (:request_ids)
