-- Full tiles of one level, in order.
-- takes: topic text, partition integer, level smallint, first bigint, behind bigint
-- answers: hashes bytea
SELECT hashes
  FROM tile
 WHERE topic = :topic AND "partition" = :partition AND level = :level AND index >= :first AND index < :behind
 ORDER BY index
