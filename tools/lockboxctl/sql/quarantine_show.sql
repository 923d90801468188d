SELECT quarantine_id, quarantined_at, consumer, topic, "partition", "offset", kafka_timestamp, reason, published_at,
       key, headers, value
  FROM quarantine
 WHERE quarantine_id = $1::bigint
