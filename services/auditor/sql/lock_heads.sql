-- The heads of the logs that a batch appends to.
SELECT l.topic, l."partition", l.base, l.size, l.rows, l.edge
  FROM log AS l
  JOIN unnest($1::text[], $2::integer[]) AS wanted (topic, "partition")
    ON l.topic = wanted.topic AND l."partition" = wanted."partition"
 ORDER BY l.topic, l."partition"
   FOR UPDATE OF l
