-- Every record with this tenant, and every record about one of its requests.
-- takes: tenant_id text, checkpoints text
-- answers: topic text, partition integer, offset bigint
SELECT topic, "partition", "offset" FROM event
 WHERE tenant_id = :tenant_id AND topic <> :checkpoints
UNION
SELECT e.topic, e."partition", e."offset" FROM event e
 WHERE e.request_id IN (SELECT DISTINCT request_id FROM event WHERE tenant_id = :tenant_id AND request_id IS NOT NULL)
   AND e.topic <> :checkpoints
 ORDER BY 1, 2, 3
