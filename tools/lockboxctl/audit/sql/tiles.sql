-- Tiles of one level, from `first` to before `behind`.
-- takes: topic text, partition integer, level smallint, first bigint, behind bigint
-- answers: index bigint, hashes text
SELECT index, encode(hashes, 'hex') AS hashes FROM tile
 WHERE topic = :topic AND "partition" = :partition AND level = :level AND index >= :first AND index < :behind
 ORDER BY index
