-- The heads of the logs that a batch appends to.
-- rows wanted: topic text, partition integer
-- answers: topic text, partition integer, base bigint, size bigint, rows bigint, edge bytea
SELECT l.topic, l."partition", l.base, l.size, l.rows, l.edge
  FROM log AS l
  JOIN :wanted
    ON l.topic = wanted.topic AND l."partition" = wanted."partition"
 ORDER BY l.topic, l."partition"
   FOR UPDATE OF l
