-- Every type that a set's column has.
SELECT $3::text, $1::uuid[], $2::bigint[], $4::timestamptz[], $5::integer[], $6::bytea[], $7::json[], $8::smallint[],
       $9::text[], $10::boolean[], $9::text[], $11::jsonb[]
