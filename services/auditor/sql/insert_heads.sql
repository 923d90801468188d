INSERT INTO log (topic, "partition", base, size, rows, edge)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
