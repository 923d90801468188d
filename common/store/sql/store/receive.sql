-- Enters events into the inbox, and answers with the ids that are new, and with those whose event was rejected: it is judged
-- again if it is the same to the byte, which received.sql tells.
-- rows given: source text, event_id text, identity bytea
-- answers: source text, event_id text, rejected boolean
INSERT INTO inbox (:given_columns)
SELECT :given_columns FROM :given
 ORDER BY source, event_id
ON CONFLICT (source, event_id) DO UPDATE SET received_at = excluded.received_at WHERE inbox.rejected
RETURNING source, event_id, rejected
