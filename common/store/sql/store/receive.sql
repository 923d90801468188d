-- Enters events into the inbox, and answers with the ids that are new, and with those whose event was rejected: it is judged
-- again if it is the same to the byte, which received.sql tells.
INSERT INTO inbox (source, event_id, identity)
SELECT source, event_id, identity
  FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (source, event_id, identity)
 ORDER BY source, event_id
ON CONFLICT (source, event_id) DO UPDATE SET received_at = excluded.received_at WHERE inbox.rejected
RETURNING source, event_id, rejected
