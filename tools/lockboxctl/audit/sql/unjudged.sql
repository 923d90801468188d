-- Decisions without a verdict among some records of a log, behind an offset. Recent ones are left out.
-- The last row has no event_id: its offset is of the last record looked at, NULL where there was none.
-- takes: topic text, partition integer, after bigint, most integer
-- answers: offset bigint, event_id text, request_id text
WITH looked_at AS MATERIALIZED (
    SELECT e."offset", e.type, e.event_id, e.request_id, e.kafka_timestamp
      FROM event e
     WHERE e.topic = :topic AND e."partition" = :partition AND e."offset" > :after
     ORDER BY e."offset"
     LIMIT :most
)
(SELECT l."offset", l.event_id, coalesce(l.request_id, '') AS request_id
   FROM looked_at l
  WHERE l.type = 'lockbox.decision.submitted.v1' AND l.kafka_timestamp < clock_timestamp() - interval '15 s'
    AND NOT EXISTS (SELECT FROM decision d
                     WHERE (d.request_id = l.request_id OR d.request_id IS NULL) AND d.decision_id = l.event_id)
  ORDER BY l."offset")
UNION ALL
SELECT max("offset"), NULL, NULL FROM looked_at
