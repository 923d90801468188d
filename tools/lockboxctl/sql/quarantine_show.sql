-- takes: id text
-- answers: quarantine_id bigint, quarantined_at text, consumer text, topic text, partition integer, offset bigint,
--   kafka_timestamp text, reason text, published_at text, outcome text, settled_at text, operator_id text, login text,
--   settled_for text, replayed_partition text, replayed_offset text, whole_bytes text, whole_hash text,
--   key bytea, headers bytea, value bytea
SELECT q.quarantine_id, q.quarantined_at, q.consumer, q.topic, q."partition", q."offset", q.kafka_timestamp,
       q.reason, q.published_at, s.outcome, s.settled_at, s.operator_id, s.login, s.reason AS settled_for, s."partition" AS replayed_partition, s."offset" AS replayed_offset,
       q.whole_bytes, encode(q.whole_hash, 'hex') AS whole_hash, q.key, q.headers, q.value
  FROM quarantine q
  LEFT JOIN quarantine_settlement s USING (quarantine_id)
 WHERE q.quarantine_id = :id::bigint
