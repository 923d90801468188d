SELECT e.topic, e."partition", e."offset", (extract(epoch FROM e.kafka_timestamp) * 1000)::bigint, e.key, e.headers, e.raw
  FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS wanted (topic, "partition", "offset")
  JOIN event e USING (topic, "partition", "offset")
 ORDER BY e.topic, e."partition", e."offset"
