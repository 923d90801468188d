-- Writes the results of attempts without a later attempt. This includes attempts whose claim was
-- released because its database session ended.
-- rows given: notification_id uuid, number integer, outcome text, next_attempt_at timestamptz, smtp_code integer,
--   enhanced_status text, smtp_reply text, relay text, ended_at timestamptz
-- answers: notification_id uuid
UPDATE notification n
   SET state = given.outcome, outcome = given.outcome, next_attempt_at = given.next_attempt_at,
       attempt_ended_at = given.ended_at, relay = given.relay, smtp_code = given.smtp_code,
       enhanced_status = given.enhanced_status, smtp_reply = given.smtp_reply,
       sender_pid = NULL, sender_since = NULL,
       finished_at = CASE WHEN given.next_attempt_at IS NULL THEN given.ended_at END
  FROM :given
 WHERE n.notification_id = given.notification_id AND n.attempts = given.number
   AND n.state IN ('sending', 'deferred')
RETURNING n.notification_id
