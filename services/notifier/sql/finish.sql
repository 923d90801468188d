-- What became of the attempts. Only for claims that are still this session's.
UPDATE notification n
   SET state = given.state, next_attempt_at = given.next_attempt_at, smtp_code = given.smtp_code,
       smtp_reply = given.smtp_reply, sender_pid = NULL, sender_since = NULL,
       finished_at = CASE WHEN given.next_attempt_at IS NULL THEN clock_timestamp() END
  FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::integer[], $5::text[])
       AS given (notification_id, state, next_attempt_at, smtp_code, smtp_reply)
 WHERE n.notification_id = given.notification_id AND n.state = 'sending'
   AND n.sender_pid = pg_backend_pid()
