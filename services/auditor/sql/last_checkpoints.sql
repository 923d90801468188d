-- Logs, each with its last checkpoint, from one snapshot.
-- rows wanted: topic text, partition integer
-- answers: topic text, partition integer, base bigint, size bigint, rows bigint, edge bytea, signed_size bigint, root bytea
SELECT l.topic, l."partition", l.base, l.size, l.rows, l.edge, c.size AS signed_size, c.root
  FROM :wanted
  JOIN log AS l ON l.topic = wanted.topic AND l."partition" = wanted."partition"
  LEFT JOIN LATERAL (SELECT size, root
                       FROM checkpoint
                      WHERE topic = l.topic AND "partition" = l."partition"
                      ORDER BY size DESC
                      LIMIT 1) AS c ON true
