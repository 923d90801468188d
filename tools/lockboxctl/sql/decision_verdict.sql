-- The verdict on the decision of an event about a request; events is the events topic, whose records only
-- the relay writes: of no other is it certain that they are JSON.
-- takes: request_id text, event_id text, events text
-- answers: verdict text
SELECT verdict
  FROM (SELECT CASE WHEN topic = :events AND type = 'lockbox.decision.judged.v1'
                    THEN convert_from(raw, 'UTF8')::json END AS body
          FROM event
         WHERE request_id = :request_id) AS judged
 CROSS JOIN LATERAL (SELECT body #>> '{data,verdict}' AS verdict) AS found
 WHERE body ->> 'causationid' = :event_id
