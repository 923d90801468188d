-- takes: id uuid
-- answers: snapshot json
SELECT r.snapshot FROM request r WHERE request_id = :id
