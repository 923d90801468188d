-- What became of attempts. The mail's own state follows where no later attempt has begun: a claim that was
-- taken for dead (its database session broke off) may still tell in time what the server had said.
WITH given AS MATERIALIZED (
    SELECT *
      FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::integer[], $6::text[],
                  $7::text[], $8::text[], $9::timestamptz[])
           AS given (notification_id, number, state, next_attempt_at, smtp_code, enhanced_status,
                     smtp_reply, relay, ended_at)
), noted AS (
    UPDATE notification_attempt a
       SET ended_at = given.ended_at, outcome = given.state, smtp_code = given.smtp_code,
           enhanced_status = given.enhanced_status, smtp_reply = given.smtp_reply,
           relay = given.relay
      FROM given
     WHERE a.notification_id = given.notification_id AND a.number = given.number
)
UPDATE notification n
   SET state = given.state, next_attempt_at = given.next_attempt_at, smtp_code = given.smtp_code,
       enhanced_status = given.enhanced_status, smtp_reply = given.smtp_reply,
       sender_pid = NULL, sender_since = NULL,
       finished_at = CASE WHEN given.next_attempt_at IS NULL THEN given.ended_at END
  FROM given
 WHERE n.notification_id = given.notification_id AND n.attempts = given.number
   AND n.state IN ('sending', 'deferred')
RETURNING n.notification_id
