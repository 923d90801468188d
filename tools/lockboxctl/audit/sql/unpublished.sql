-- Of checkpoints that were published, those that the table of checkpoints has not, as they were.
-- rows p: topic text, partition integer, size bigint, note text, ordinal ordinality
-- answers: place bigint
SELECT p.ordinal - 1 AS place
  FROM :p
 WHERE NOT EXISTS (SELECT FROM checkpoint c
                    WHERE c.topic = p.topic AND c."partition" = p."partition" AND c.size = p.size AND c.note = p.note)
 ORDER BY 1
