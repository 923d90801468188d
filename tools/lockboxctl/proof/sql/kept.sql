SELECT "offset", encode(leaf_hash, 'hex') FROM kept_leaf
 WHERE topic = $1 AND "partition" = $2::integer AND "offset" >= $3::bigint ORDER BY "offset"
