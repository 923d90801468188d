SELECT r.snapshot FROM request r WHERE request_id = $1::uuid
