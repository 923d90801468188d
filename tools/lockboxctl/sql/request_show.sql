SELECT snapshot FROM request WHERE request_id = $1::uuid
