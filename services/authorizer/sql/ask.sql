-- Whether an engineer may, now.
-- takes: engineer_id text, resource_id text, action text, namespace text, kind text, name text, content_digest text
-- answers: allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer
SELECT allowed, request_id, expires_at, reason, version
  FROM access_check(:engineer_id, :resource_id, :action, :namespace, :kind, :name, :content_digest)
