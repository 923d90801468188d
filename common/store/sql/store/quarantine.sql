-- rows given: topic text, partition integer, offset bigint, kafka_timestamp timestamptz, key bytea, headers bytea,
--   value bytea, reason text
-- takes: consumer text
INSERT INTO quarantine (consumer, :given_columns) SELECT :consumer, * FROM :given
