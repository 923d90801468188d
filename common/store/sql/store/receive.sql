-- Enters events into the inbox, and answers with the ids that are new, and with those whose event was rejected: it is judged
-- again if it is the same to the byte, which received.sql tells. A row without a topic is of a version that kept none: it
-- stands for the event that is the same to the byte, and for no other.
-- rows given: topic text, source text, event_id text, identity bytea
-- takes: consumer text
-- answers: topic text, source text, event_id text, rejected boolean
INSERT INTO inbox (consumer, :given_columns)
SELECT :consumer, :given_columns
  FROM :given
 WHERE NOT EXISTS (SELECT FROM inbox AS earlier
                    WHERE earlier.source = given.source AND earlier.event_id = given.event_id AND earlier.topic = ''
                      AND earlier.identity = given.identity AND NOT earlier.rejected)
 ORDER BY source, event_id, topic
ON CONFLICT (source, event_id, topic, consumer) DO UPDATE SET received_at = excluded.received_at WHERE inbox.rejected
RETURNING topic, source, event_id, rejected
