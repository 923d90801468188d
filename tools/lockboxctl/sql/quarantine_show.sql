SELECT q.quarantine_id, q.quarantined_at, q.consumer, q.topic, q."partition", q."offset", q.kafka_timestamp,
       q.reason, q.published_at, s.outcome, s.settled_at, s.operator_id, s.login, s.reason, s."partition", s."offset",
       q.key, q.headers, q.value
  FROM quarantine q
  LEFT JOIN quarantine_settlement s USING (quarantine_id)
 WHERE q.quarantine_id = $1::bigint
