-- The largest size of a log that a witness's key has cosigned (0: none), and whether the checkpoint with this number is that one.
-- takes: topic text, partition integer, witness text, key_id text, number bigint
-- answers: size bigint, is_this boolean
SELECT coalesce(max(c.size), 0) AS size, coalesce(bool_or(c.number = :number), false) AS is_this
  FROM checkpoint c
  JOIN cosignature s ON s.checkpoint = c.number
 WHERE c.topic = :topic AND c."partition" = :partition AND s.witness = :witness AND s.key_id = :key_id
