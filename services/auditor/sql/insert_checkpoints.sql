-- The primary key refuses a second head of one size.
-- rows given: topic text, partition integer, origin text, size bigint, root bytea, key_id text, note text
WITH fresh AS (
    INSERT INTO checkpoint (:given_columns)
    SELECT * FROM :given
    RETURNING topic, "partition"
)
INSERT INTO publication (topic, "partition", size)
SELECT topic, "partition", 0 FROM fresh
ON CONFLICT DO NOTHING
