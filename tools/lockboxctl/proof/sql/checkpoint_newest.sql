SELECT number, origin, size, encode(root, 'hex'), key_id, note FROM checkpoint
 WHERE topic = $1 AND "partition" = $2::integer
 ORDER BY size DESC LIMIT 1
