-- Every record that names the tenant $1, and every one about a request of his.
SELECT topic, "partition", "offset" FROM event
 WHERE tenant_id = $1 AND topic <> $2
UNION
SELECT e.topic, e."partition", e."offset" FROM event e
 WHERE e.request_id IN (SELECT DISTINCT request_id FROM event WHERE tenant_id = $1 AND request_id IS NOT NULL)
   AND e.topic <> $2
 ORDER BY 1, 2, 3
