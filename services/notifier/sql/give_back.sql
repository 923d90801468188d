-- Undoes claims of mails that were not begun: no attempt was made, and the mails stay first in the queue.
-- rows given: notification_id uuid, number integer
UPDATE notification n
   SET state = CASE WHEN given.number > 1 THEN 'deferred' ELSE 'queued' END,
       attempts = given.number - 1, attempted_at = before.begun_at, relay = before.relay,
       smtp_code = before.smtp_code, enhanced_status = before.enhanced_status, smtp_reply = before.smtp_reply,
       sender_pid = NULL, sender_since = NULL
  FROM :given
  LEFT JOIN notification_earlier_attempt before
         ON before.notification_id = given.notification_id AND before.number = given.number - 1
 WHERE n.notification_id = given.notification_id AND n.attempts = given.number
   AND n.state = 'sending' AND n.sender_pid = pg_backend_pid()
