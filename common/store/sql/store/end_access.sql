-- Ends access early, and never extends it.
-- rows ended: request_id uuid, expires_at timestamptz
UPDATE access_item AS i
   SET expires_at = least(i.expires_at, ended.expires_at)
  FROM :ended
 WHERE i.request_id = ended.request_id
