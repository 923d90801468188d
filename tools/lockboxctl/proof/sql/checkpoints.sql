-- The $4 checkpoints behind size $3, in the order of their sizes, of those numbered up to $5.
SELECT number, origin, size, encode(root, 'hex'), key_id, note FROM checkpoint
 WHERE topic = $1 AND "partition" = $2::integer AND size > $3::bigint AND number <= $5::bigint
 ORDER BY size, number LIMIT $4::integer
