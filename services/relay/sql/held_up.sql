-- Whether rows wait for an operator, and since when rows wait for Kafka.
-- answers: refused boolean, failing_since timestamptz
SELECT EXISTS (SELECT FROM outbox WHERE refused_at IS NOT NULL AND published_at IS NULL)
       OR EXISTS (SELECT FROM quarantine q
                   WHERE q.refused_at IS NOT NULL
                     AND NOT EXISTS (SELECT FROM quarantine_settlement s
                                      WHERE s.quarantine_id = q.quarantine_id AND s.settled_at IS NOT NULL)) AS refused,
       (SELECT min(created_at) FROM outbox WHERE published_at IS NULL AND next_attempt_at IS NOT NULL AND refused_at IS NULL) AS failing_since
