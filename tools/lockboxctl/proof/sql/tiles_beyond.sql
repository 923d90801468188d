-- The first tile that a log of $3 leaves cannot have.
SELECT level, index FROM tile
 WHERE topic = $1 AND "partition" = $2::integer
   AND (level NOT BETWEEN 0 AND 6 OR index < 0 OR index >= $3::bigint >> (8 * (level::integer + 1)))
 ORDER BY level, index LIMIT 1
