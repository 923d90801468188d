-- Writes the results of attempts whose claim was released, and that a later attempt followed.
-- rows given: notification_id uuid, number integer, outcome text, smtp_code integer, enhanced_status text,
--   smtp_reply text, relay text, ended_at timestamptz
UPDATE notification_earlier_attempt a
   SET ended_at = given.ended_at, outcome = given.outcome, smtp_code = given.smtp_code,
       enhanced_status = given.enhanced_status, smtp_reply = given.smtp_reply, relay = given.relay
  FROM :given
 WHERE a.notification_id = given.notification_id AND a.number = given.number
   AND a.outcome = 'interrupted'
