-- The verdict on the decision of event $2 about the request $1; $3 is the events topic, whose records only
-- the relay writes: of no other is it certain that they are JSON.
SELECT verdict
  FROM (SELECT CASE WHEN topic = $3 AND type = 'lockbox.decision.judged.v1'
                    THEN convert_from(raw, 'UTF8')::json END AS body
          FROM event
         WHERE request_id = $1) AS judged
 CROSS JOIN LATERAL (SELECT body #>> '{data,verdict}' AS verdict) AS found
 WHERE body ->> 'causationid' = $2
