-- Events about a request, published by Lockbox, whose cause is not in the audit store yet: the store reads each topic by
-- itself, and may read an answer before its cause. events: the events topic. Each cause names the request or its ticket.
-- takes: request_id text, events text
-- answers: cause text, type text
WITH own AS (
    SELECT event_id, ticket_id, type,
           CASE WHEN topic = :events THEN convert_from(raw, 'UTF8')::json ->> 'causationid' END AS cause
      FROM event WHERE request_id = :request_id
)
SELECT o.cause, o.type FROM own o
 WHERE o.cause IS NOT NULL
   AND o.cause NOT IN (SELECT event_id FROM own WHERE event_id IS NOT NULL)
   AND NOT EXISTS (SELECT FROM event e WHERE e.ticket_id IN (SELECT ticket_id FROM own) AND e.event_id = o.cause)
 ORDER BY 1, 2
