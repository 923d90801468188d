-- Whether an engineer may do this now.
-- takes: engineer_id text, resource_id text, action text, namespace text, kind text, name text, content_digest text
-- answers: allowed boolean, request_id uuid, expires_at timestamptz, reason text, version integer, traceparent text, tracestate text
SELECT c.allowed, c.request_id, c.expires_at, c.reason, c.version, t.traceparent, t.tracestate
  FROM access_check(:engineer_id, :resource_id, :action, :namespace, :kind, :name, :content_digest) AS c
  LEFT JOIN LATERAL (SELECT r.traceparent, r.tracestate FROM request r WHERE r.request_id = c.request_id LIMIT 1) AS t ON true
