-- What became of the attempts. Only for claims that are still this session's.
WITH finished AS (
    UPDATE notification n
       SET state = given.state, next_attempt_at = given.next_attempt_at,
           smtp_code = given.smtp_code, enhanced_status = given.enhanced_status,
           smtp_reply = given.smtp_reply, sender_pid = NULL, sender_since = NULL,
           finished_at = CASE WHEN given.next_attempt_at IS NULL THEN clock_timestamp() END
      FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::integer[], $5::text[], $6::text[],
                  $7::text[], $8::timestamptz[])
           AS given (notification_id, state, next_attempt_at, smtp_code, enhanced_status, smtp_reply,
                     relay, ended_at)
     WHERE n.notification_id = given.notification_id AND n.state = 'sending'
       AND n.sender_pid = pg_backend_pid()
    RETURNING n.notification_id, n.attempts, n.state, n.smtp_code, n.enhanced_status, n.smtp_reply,
              given.relay, given.ended_at
)
UPDATE notification_attempt a
   SET ended_at = f.ended_at, outcome = f.state, smtp_code = f.smtp_code,
       enhanced_status = f.enhanced_status, smtp_reply = f.smtp_reply, relay = f.relay
  FROM finished f
 WHERE a.notification_id = f.notification_id AND a.number = f.attempts
