-- Stores checkpoints read from their topic, unless the table of checkpoints has the same.
-- rows given: topic text, partition integer, origin text, size bigint, root bytea, key_id text, note text
INSERT INTO told_checkpoint (:given_columns)
SELECT * FROM :given
 WHERE NOT EXISTS (SELECT FROM checkpoint c
                    WHERE c.topic = given.topic AND c."partition" = given."partition" AND c.size = given.size AND c.note = given.note)
ON CONFLICT DO NOTHING
