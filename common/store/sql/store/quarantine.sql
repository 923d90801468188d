-- rows given: topic text, partition integer, offset bigint, kafka_timestamp timestamptz,
--   kafka_timestamp_ms bigint, key bytea, headers bytea, value bytea, reason text,
--   whole_bytes bigint optional, whole_hash bytea
-- takes: consumer text
INSERT INTO quarantine (consumer, :given_columns) SELECT :consumer, * FROM :given
