SELECT quarantine_settle($1::bigint, $2::timestamptz, $3::uuid, $4::text, $5::integer, $6::bigint)
