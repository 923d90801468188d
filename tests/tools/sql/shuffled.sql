-- Records of an audit store in an order that follows from the seed.
-- takes: seed text, most text, behind bigint
-- answers: topic text, partition integer, offset bigint, timestamp_ms bigint, key bytea, headers bytea, raw bytea
SELECT topic, "partition", "offset", coalesce(kafka_timestamp_ms, (extract(epoch FROM kafka_timestamp) * 1000)::bigint) AS timestamp_ms,
       key, headers, raw
  FROM event
 ORDER BY md5(:seed || topic || "partition" || '/' || "offset")
 LIMIT :most::bigint OFFSET :behind
