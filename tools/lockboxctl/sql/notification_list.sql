-- takes: request_id uuid, state text, most bigint
-- answers: queued_at text, request_id uuid, kind text, recipient text, state text, attempts text, finished_at text,
--   next_attempt_at text, smtp_code text, smtp_reply text, notification_id uuid, version text, audience text,
--   message_id text, tenant_id text
SELECT queued_at, request_id, kind, recipient, state, attempts, finished_at, next_attempt_at, smtp_code, smtp_reply,
       notification_id, version, audience, message_id, tenant_id
  FROM notification
 WHERE (:request_id IS NULL OR request_id = :request_id)
   AND (:state IS NULL OR state = :state)
 ORDER BY notification_id DESC
 LIMIT :most
