-- Tiles [$4, $5) of one level.
SELECT index, encode(hashes, 'hex') FROM tile
 WHERE topic = $1 AND "partition" = $2::integer AND level = $3::smallint AND index >= $4::bigint AND index < $5::bigint
 ORDER BY index
