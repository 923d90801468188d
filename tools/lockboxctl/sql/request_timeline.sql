-- Every record about the request $1, and of its ticket's records those that caused one of them (the wish
-- itself knows no request id yet). $2: the events topic, whose records only the relay writes; of no other
-- is it certain that they are JSON.
WITH own AS (
    SELECT * FROM event WHERE request_id = $1
), cause AS (
    SELECT ticket_id, CASE WHEN topic = $2 THEN convert_from(raw, 'UTF8')::json ->> 'causationid' END AS event_id
      FROM own
), told AS (
    SELECT * FROM own
    UNION
    SELECT e.*
      FROM event e
      JOIN (SELECT DISTINCT ticket_id, event_id FROM cause) c ON e.ticket_id = c.ticket_id AND e.event_id = c.event_id
     WHERE e.request_id IS NULL
)
SELECT kafka_timestamp, type, event_id, actor, topic, "partition", "offset", key, headers, raw
  FROM told
 ORDER BY kafka_timestamp, topic, "offset"
