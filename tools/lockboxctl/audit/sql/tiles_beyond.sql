-- The first tile beyond a log of that size.
-- takes: topic text, partition integer, size bigint
-- answers: level smallint, index bigint
SELECT level, index FROM tile
 WHERE topic = :topic AND "partition" = :partition
   AND (level NOT BETWEEN 0 AND 6 OR index < 0 OR index >= :size >> (8 * (level::integer + 1)))
 ORDER BY level, index LIMIT 1
