-- rows begun: tenant_id text, principal_id text, public_key bytea
-- takes: at timestamptz
INSERT INTO approver_key (:begun_columns, set_at) SELECT *, :at FROM :begun
