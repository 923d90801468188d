INSERT INTO checkpoint_key (public_key) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING
