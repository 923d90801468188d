-- Every record about a request, and its ticket's records that caused one of them, as an access
-- request has no request id yet. events: the events topic, whose records are JSON for certain, as
-- only the relay writes it. Ordered by cause, then by time: a record of others is right before the
-- first event that it caused. In Kafka a closed ticket may be before the event of a grant that was
-- decided earlier.
-- takes: request_id text, events text
-- answers: kafka_timestamp text, type text, event_id text, actor text, topic text, partition integer, offset bigint,
--   key bytea, headers bytea, raw bytea
WITH own AS (
    SELECT * FROM event WHERE request_id = :request_id
), cause AS (
    SELECT ticket_id, kafka_timestamp, "offset",
           CASE WHEN topic = :events THEN convert_from(raw, 'UTF8')::json ->> 'causationid' END AS event_id
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
  LEFT JOIN effect f ON f.event_id = t.event_id AND t.topic <> :events
 ORDER BY coalesce(f.kafka_timestamp, t.kafka_timestamp), coalesce(f."offset", CASE WHEN t.topic = :events THEN t."offset" END),
          t.topic = :events, t.topic, t."offset"
