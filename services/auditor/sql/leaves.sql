SELECT "offset", leaf_hash FROM leaf_hashes($1, $2::integer, $3::bigint, $4::bigint)
