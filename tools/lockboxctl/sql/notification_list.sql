SELECT queued_at, request_id, kind, recipient, state, attempts, finished_at, next_attempt_at, smtp_code, smtp_reply,
       notification_id, version, audience, message_id, tenant_id
  FROM notification
 WHERE ($1::uuid IS NULL OR request_id = $1)
 ORDER BY notification_id DESC
 LIMIT $2::bigint
