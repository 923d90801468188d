-- Enters events into the inbox, and answers with those that were new.
INSERT INTO inbox (source, event_id, identity)
SELECT source, event_id, identity
  FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (source, event_id, identity)
 ORDER BY source, event_id
ON CONFLICT (source, event_id) DO NOTHING
RETURNING source, event_id
