-- Ends access before its time. It never lengthens it.
UPDATE access_item AS i
   SET expires_at = least(i.expires_at, ended.expires_at)
  FROM unnest($1::uuid[], $2::timestamptz[]) AS ended (request_id, expires_at)
 WHERE i.request_id = ended.request_id
