INSERT INTO cosignature (checkpoint, witness, key_id, at, line)
VALUES ($1::bigint, $2, $3, to_timestamp($4::bigint), $5)
    ON CONFLICT DO NOTHING
