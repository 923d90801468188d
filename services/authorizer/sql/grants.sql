-- Which grants a change may rest on, the one that lasts longest first.
-- takes: engineer_id text, resource_id text, action text, namespace text, kind text, name text
-- answers: request_id uuid, expires_at timestamptz, reason text, version integer, is_named boolean
SELECT request_id, expires_at, reason, version, is_named
  FROM access_grants(:engineer_id, :resource_id, :action, :namespace, :kind, :name)
