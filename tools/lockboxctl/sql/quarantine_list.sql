SELECT quarantine_id, quarantined_at, consumer, topic, "partition", "offset", reason, published_at
  FROM quarantine
 ORDER BY quarantine_id DESC
 LIMIT $1::bigint
