UPDATE log AS l
   SET size = head.size, rows = head.rows, edge = head.edge, changed_at = clock_timestamp()
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
       AS head (topic, "partition", base, size, rows, edge)
 WHERE l.topic = head.topic AND l."partition" = head."partition" AND l.base = head.base
