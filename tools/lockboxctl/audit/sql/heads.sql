-- Every log that any table has: its head (NULL: none), the newest checkpoint's number, and whether
-- this session sees every tenant's records. A session that does not would miss all others, and scan
-- for the first of its own, so it takes the logs from the other tables.
-- answers: topic text, partition integer, base bigint, size bigint, rows bigint, edge text, last_checkpoint bigint, whole boolean
WITH RECURSIVE sight AS (
    SELECT NOT row_security_active('event')
           OR (pg_has_role(current_user, 'lockbox_auditor', 'USAGE') AND chosen_tenant() IS NULL
               AND NOT EXISTS (SELECT FROM tenant_binding)) AS whole
), place AS (
    (SELECT topic, "partition" FROM event WHERE (SELECT whole FROM sight) ORDER BY topic, "partition" LIMIT 1)
    UNION ALL
    SELECT next.topic, next."partition"
      FROM place
     CROSS JOIN LATERAL (SELECT e.topic, e."partition" FROM event e
                          WHERE (e.topic, e."partition") > (place.topic, place."partition")
                          ORDER BY e.topic, e."partition" LIMIT 1) AS next
), known AS (
    SELECT topic, "partition" FROM place
    UNION SELECT topic, "partition" FROM log
    UNION SELECT DISTINCT topic, "partition" FROM checkpoint
    UNION SELECT DISTINCT topic, "partition" FROM tile
    UNION SELECT DISTINCT topic, "partition" FROM kept_leaf
)
SELECT k.topic, k."partition", l.base, l.size, l.rows, encode(l.edge, 'hex') AS edge,
       (SELECT max(number) FROM checkpoint) AS last_checkpoint, (SELECT whole FROM sight) AS whole
  FROM known k
  LEFT JOIN log l USING (topic, "partition")
 ORDER BY k.topic COLLATE "C", k."partition"
