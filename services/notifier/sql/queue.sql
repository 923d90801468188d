-- One row for each recipient, kind and version, however often it is asked for.
-- rows given: notification_id uuid, request_id uuid, version bigint, kind text, recipient text, audience text,
--   tenant_id text, give_up_at timestamptz, message_id text
INSERT INTO notification (:given_columns)
SELECT :given_columns
  FROM :given
ON CONFLICT (request_id, version, kind, lower(recipient COLLATE "C")) DO NOTHING
