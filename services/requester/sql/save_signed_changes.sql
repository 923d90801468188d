-- rows given: tenant_id text, signed_hash text
-- takes: at timestamptz
INSERT INTO signed_change (:given_columns, signed_at) SELECT *, :at FROM :given
