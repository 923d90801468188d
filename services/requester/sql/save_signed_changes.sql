-- rows given: tenant_id text, signed_hash text, signed_at timestamptz
INSERT INTO signed_change (:given_columns) SELECT * FROM :given
