-- rows begun: tenant_id text, subscription_id text, role text, principal_id text, email text, name text,
--   assigned_at timestamptz
INSERT INTO role_assignment (:begun_columns) SELECT * FROM :begun
