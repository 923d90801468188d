-- Cosigned checkpoints smaller than a size, with a number up to `last`, the largest first, with their cosignatures.
-- takes: topic text, partition integer, below bigint, last bigint
-- answers: number bigint, size bigint, text text
SELECT c.number, c.size, c.note || string_agg(s.line, '' ORDER BY s.witness, s.key_id) AS text
  FROM checkpoint c
  JOIN cosignature s ON s.checkpoint = c.number
 WHERE c.topic = :topic AND c."partition" = :partition AND c.size < :below AND c.number <= :last
 GROUP BY c.number
 ORDER BY c.size DESC LIMIT 100
