-- Dead letters to publish.
-- rows given: topic text, partition integer, offset bigint, received_at timestamptz, reason text
INSERT INTO dead_letter (:given_columns) SELECT * FROM :given
ON CONFLICT DO NOTHING
