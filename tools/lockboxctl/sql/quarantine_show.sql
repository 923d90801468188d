-- takes: id text
-- answers: quarantine_id bigint, quarantined_at text, consumer text, topic text, partition integer, offset bigint,
--   kafka_timestamp text, reason text, published_at text, outcome text, settled_at text, operator_id text, login text,
--   settled_reason text, settled_partition text, settled_offset text, key bytea, headers bytea, value bytea
SELECT q.quarantine_id, q.quarantined_at, q.consumer, q.topic, q."partition", q."offset", q.kafka_timestamp,
       q.reason, q.published_at, s.outcome, s.settled_at, s.operator_id, s.login, s.reason AS settled_reason, s."partition" AS settled_partition, s."offset" AS settled_offset,
       q.key, q.headers, q.value
  FROM quarantine q
  LEFT JOIN quarantine_settlement s USING (quarantine_id)
 WHERE q.quarantine_id = :id::bigint
