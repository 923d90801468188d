-- Logs, each with its last checkpoint, in one snapshot.
SELECT l.topic, l."partition", l.base, l.size, l.rows, l.edge, c.size, c.root
  FROM unnest($1::text[], $2::integer[]) AS wanted (topic, "partition")
  JOIN log AS l ON l.topic = wanted.topic AND l."partition" = wanted."partition"
  LEFT JOIN LATERAL (SELECT size, root
                       FROM checkpoint
                      WHERE topic = l.topic AND "partition" = l."partition"
                      ORDER BY size DESC
                      LIMIT 1) AS c ON true
