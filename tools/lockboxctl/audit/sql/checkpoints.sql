-- The first `most` checkpoints larger than a size, by size, with a number up to `last`. Also those
-- read from their topic with a size that the log has and no other checkpoint.
-- takes: topic text, partition integer, behind bigint, most integer, last bigint
-- answers: number bigint, origin text, size bigint, root text, key_id text, note text, told boolean
SELECT number, origin, size, encode(root, 'hex') AS root, key_id, note, told
  FROM ((SELECT number, origin, size, root, key_id, note, false AS told
           FROM checkpoint
          WHERE topic = :topic AND "partition" = :partition AND size > :behind AND number <= :last
          ORDER BY size, number LIMIT :most)
        UNION ALL
        (SELECT 0, t.origin, t.size, t.root, t.key_id, t.note, true
           FROM told_checkpoint t
           JOIN log l ON l.topic = t.topic AND l."partition" = t."partition" AND l.size >= t.size
          WHERE t.topic = :topic AND t."partition" = :partition AND t.size > :behind
            AND NOT EXISTS (SELECT FROM checkpoint c WHERE c.topic = t.topic AND c."partition" = t."partition" AND c.size = t.size)
          ORDER BY t.size LIMIT :most)) AS known
 ORDER BY size, number LIMIT :most
