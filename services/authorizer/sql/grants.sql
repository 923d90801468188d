-- The grants that may cover a change, the one that lasts longest first.
-- takes: engineer_id text, resource_id text, action text, namespace text, kind text, name text
-- answers: request_id uuid, expires_at timestamptz, reason text, version integer, is_named boolean,
--   traceparent text, tracestate text
SELECT c.request_id, c.expires_at, c.reason, c.version, c.is_named, t.traceparent, t.tracestate
  FROM access_grants(:engineer_id, :resource_id, :action, :namespace, :kind, :name) AS c
  LEFT JOIN LATERAL (SELECT r.traceparent, r.tracestate FROM request r WHERE r.request_id = c.request_id LIMIT 1) AS t ON true
 ORDER BY c.expires_at DESC, c.request_id
