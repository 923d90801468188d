SELECT q.quarantine_id, q.quarantined_at, q.consumer, q.topic, q."partition", q."offset", s.outcome, q.reason,
       q.published_at, s.settled_at, s.operator_id
  FROM quarantine q
  LEFT JOIN quarantine_settlement s USING (quarantine_id)
 WHERE $2::text IS NULL OR s.settled_at IS NULL
 ORDER BY q.quarantine_id DESC
 LIMIT $1::bigint
