-- Enters events into the inbox, and answers with those that are to be judged: the new ones, and those that were rejected
-- and are the same to the byte.
INSERT INTO inbox (source, event_id, identity)
SELECT source, event_id, identity
  FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (source, event_id, identity)
 ORDER BY source, event_id
ON CONFLICT (source, event_id) DO UPDATE
   SET rejected = false, received_at = excluded.received_at
 WHERE inbox.rejected AND inbox.identity = excluded.identity
RETURNING source, event_id
