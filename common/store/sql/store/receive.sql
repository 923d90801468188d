-- Enters events into the inbox. Answers the new ids, and those of rejected events, which are judged
-- again if received.sql finds the same bytes. A row without a topic was written by a version
-- without that column: it stands for the event with the same bytes, and for no other.
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
