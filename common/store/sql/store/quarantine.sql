INSERT INTO quarantine (consumer, topic, "partition", "offset", kafka_timestamp, key, headers, value, reason)
SELECT $9, * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::bytea[],
                         $6::bytea[], $7::bytea[], $8::text[])
