-- Published checkpoints that the store lacks: neither signed by it with the same note nor, where
-- the log is long enough and no checkpoint of that size has another root, read from their topic.
-- rows p: topic text, partition integer, size bigint, note text, ordinal ordinality
-- answers: place bigint
SELECT p.ordinal - 1 AS place
  FROM :p
 WHERE NOT EXISTS (SELECT FROM checkpoint c
                    WHERE c.topic = p.topic AND c."partition" = p."partition" AND c.size = p.size AND c.note = p.note)
   AND NOT EXISTS (SELECT FROM told_checkpoint t
                     JOIN log l ON l.topic = t.topic AND l."partition" = t."partition" AND l.size >= t.size
                    WHERE t.topic = p.topic AND t."partition" = p."partition" AND t.size = p.size AND t.note = p.note
                      AND NOT EXISTS (SELECT FROM checkpoint c
                                       WHERE c.topic = t.topic AND c."partition" = t."partition" AND c.size = t.size AND c.root <> t.root))
 ORDER BY 1
