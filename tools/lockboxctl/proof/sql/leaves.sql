-- Leaf hashes of records at offsets [$3, $4), of this month or kept from others.
SELECT "offset", encode(leaf_hash, 'hex') FROM leaf_hashes($1, $2::integer, $3::bigint, $4::bigint) ORDER BY "offset"
