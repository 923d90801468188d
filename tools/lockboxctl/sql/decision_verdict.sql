-- The verdict on a request's decision with that event id. events: the events topic, whose records
-- are JSON for certain, as only the relay writes it.
-- takes: request_id text, event_id text, events text
-- answers: verdict text
SELECT verdict
  FROM (SELECT CASE WHEN topic = :events AND type = 'lockbox.decision.judged.v1'
                    THEN convert_from(raw, 'UTF8')::json END AS body
          FROM event
         WHERE request_id = :request_id) AS judged
 CROSS JOIN LATERAL (SELECT body #>> '{data,verdict}' AS verdict) AS found
 WHERE body ->> 'causationid' = :event_id
