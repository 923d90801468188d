-- A head of one size that is there already is refused by its key.
WITH fresh AS (
    INSERT INTO checkpoint (topic, "partition", origin, size, root, key_id, note)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::text[])
    RETURNING topic, "partition"
)
INSERT INTO publication (topic, "partition", size)
SELECT topic, "partition", 0 FROM fresh
ON CONFLICT DO NOTHING
