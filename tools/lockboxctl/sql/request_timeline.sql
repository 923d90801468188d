-- Every record about the request $1, and of its ticket's records those that caused one of them (the wish
-- itself knows no request id yet). $2: the events topic, whose records only the relay writes; of no other
-- is it certain that they are JSON.
-- By cause, then by time: what others say is told where Lockbox acted on it, right before the first event that
-- it caused. A closed ticket may stand in Kafka before a grant is published that was decided earlier.
WITH own AS (
    SELECT * FROM event WHERE request_id = $1
), cause AS (
    SELECT ticket_id, kafka_timestamp, "offset",
           CASE WHEN topic = $2 THEN convert_from(raw, 'UTF8')::json ->> 'causationid' END AS event_id
      FROM own
), told AS (
    SELECT * FROM own
    UNION
    SELECT e.*
      FROM event e
      JOIN (SELECT DISTINCT ticket_id, event_id FROM cause) c ON e.ticket_id = c.ticket_id AND e.event_id = c.event_id
     WHERE e.request_id IS NULL
), effect AS (
    SELECT DISTINCT ON (event_id) event_id, kafka_timestamp, "offset"
      FROM cause
     WHERE event_id IS NOT NULL
     ORDER BY event_id, kafka_timestamp, "offset"
)
SELECT t.kafka_timestamp, t.type, t.event_id, t.actor, t.topic, t."partition", t."offset", t.key, t.headers, t.raw
  FROM told t
  LEFT JOIN effect f ON f.event_id = t.event_id AND t.topic <> $2
 ORDER BY coalesce(f.kafka_timestamp, t.kafka_timestamp), coalesce(f."offset", CASE WHEN t.topic = $2 THEN t."offset" END),
          t.topic = $2, t.topic, t."offset"
