-- rows wanted: topic text, partition integer, offset bigint
-- answers: topic text, partition integer, offset bigint, timestamp_ms bigint, key bytea, headers bytea, raw bytea
SELECT e.topic, e."partition", e."offset", (extract(epoch FROM e.kafka_timestamp) * 1000)::bigint AS timestamp_ms, e.key, e.headers, e.raw
  FROM :wanted
  JOIN event e USING (topic, "partition", "offset")
 ORDER BY e.topic, e."partition", e."offset"
