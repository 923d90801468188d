-- rows wanted: topic text, partition integer, offset bigint
-- answers: topic text, partition integer, offset bigint, timestamp_ms bigint, key bytea, headers bytea, raw bytea
SELECT e.topic, e."partition", e."offset", coalesce(e.kafka_timestamp_ms, (extract(epoch FROM e.kafka_timestamp) * 1000)::bigint) AS timestamp_ms,
       e.key, e.headers, e.raw
  FROM :wanted
 CROSS JOIN LATERAL (SELECT * FROM event AS it
                      WHERE it.topic = wanted.topic AND it."partition" = wanted."partition" AND it."offset" = wanted."offset"
                     OFFSET 0) AS e -- one by one: without sorts (unbounded.sql), a join would scan the whole store by its index
 ORDER BY e.topic, e."partition", e."offset"
