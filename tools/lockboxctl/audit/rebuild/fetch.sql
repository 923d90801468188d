-- answers: topic text, partition integer, offset bigint, timestamp_ms bigint, key bytea, headers bytea, raw bytea
FETCH 2000 FROM records
