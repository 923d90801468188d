-- rows begun: tenant_id text, subscription_id text, role text, principal_id text, email text, name text
-- takes: at timestamptz
INSERT INTO role_assignment (:begun_columns, assigned_at) SELECT *, :at FROM :begun
