-- Every log that any table knows of: its head, NULL where there is none; and the newest checkpoint's number.
-- answers: topic text, partition integer, base bigint, size bigint, rows bigint, edge text, last_checkpoint bigint
WITH RECURSIVE place AS (
    (SELECT topic, "partition" FROM event ORDER BY topic, "partition" LIMIT 1)
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
       (SELECT max(number) FROM checkpoint) AS last_checkpoint
  FROM known k
  LEFT JOIN log l USING (topic, "partition")
 ORDER BY k.topic COLLATE "C", k."partition"
