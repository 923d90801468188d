-- Every record about a request, its ticket's records that caused one of them, and the voters' keys
-- as Lockbox published them, for checking signatures. Records of the topic of checkpoints are left
-- out. events: the events topic, whose records are JSON for certain, as only the relay writes it.
-- takes: request_id text, events text, checkpoints text
-- answers: topic text, partition integer, offset bigint
WITH own AS (
    SELECT topic, "partition", "offset", ticket_id, raw FROM event WHERE request_id = :request_id
), cause AS (
    SELECT ticket_id, CASE WHEN topic = :events THEN convert_from(raw, 'UTF8')::json ->> 'causationid' END AS event_id
      FROM own
), voter AS (
    SELECT DISTINCT e.tenant_id, audit.event_content(e.raw) #>> '{by,id}' AS id
      FROM event e
     WHERE e.request_id = :request_id AND e.topic = :events AND e.type = 'lockbox.decision.judged.v1'
)
SELECT topic, "partition", "offset" FROM own WHERE topic <> :checkpoints
UNION
SELECT e.topic, e."partition", e."offset"
  FROM event e
  JOIN (SELECT DISTINCT ticket_id, event_id FROM cause) c ON e.ticket_id = c.ticket_id AND e.event_id = c.event_id
 WHERE e.request_id IS NULL AND e.topic <> :checkpoints
UNION
SELECT e.topic, e."partition", e."offset"
  FROM event e
  JOIN voter v ON e.tenant_id = v.tenant_id
 WHERE e.topic = :events AND e.type = 'lockbox.tenant.changed.v1'
   AND audit.event_content(e.raw) ->> 'change' = 'approver_key_set' AND audit.event_content(e.raw) ->> 'principal_id' = v.id
 ORDER BY 1, 2, 3
