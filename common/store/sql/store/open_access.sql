-- Opens access: each item has the time at which it ends.
-- rows given: request_id uuid, number integer, engineer_id text, resource_id text, action text, namespace text,
--   kind text, name text, container text, uid text, starts_at timestamptz, expires_at timestamptz, basis text,
--   content_digest text
INSERT INTO access_item (:given_columns)
SELECT request_id, number, engineer_id, lower(resource_id COLLATE "C"), action, namespace, kind, name,
       container, uid, starts_at, expires_at, basis, content_digest
  FROM :given
