-- takes: most bigint, open boolean
-- answers: quarantine_id text, quarantined_at text, consumer text, topic text, partition text, offset text, place text, outcome text,
--   reason text, published_at text, settled_at text, operator_id text
SELECT q.quarantine_id, q.quarantined_at, q.consumer, q.topic, q."partition", q."offset",
       q.topic || '/' || q."partition" || '/' || q."offset" AS place, s.outcome, q.reason,
       q.published_at, s.settled_at, s.operator_id
  FROM quarantine q
  LEFT JOIN quarantine_settlement s USING (quarantine_id)
 WHERE NOT :open OR s.settled_at IS NULL
 ORDER BY q.quarantine_id DESC
 LIMIT :most
