-- rows head: topic text, partition integer, base bigint, size bigint, rows bigint, edge bytea
UPDATE log AS l
   SET size = head.size, rows = head.rows, edge = head.edge, changed_at = clock_timestamp()
  FROM :head
 WHERE l.topic = head.topic AND l."partition" = head."partition" AND l.base = head.base
