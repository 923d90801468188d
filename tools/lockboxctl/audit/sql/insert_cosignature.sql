-- takes: checkpoint bigint, witness text, key_id text, at_s bigint, line text
INSERT INTO cosignature (checkpoint, witness, key_id, at, line)
VALUES (:checkpoint, :witness, :key_id, to_timestamp(:at_s), :line)
    ON CONFLICT DO NOTHING
