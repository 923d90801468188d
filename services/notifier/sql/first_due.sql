-- The mail that claim.sql would claim first.
-- takes: webhooks boolean, left_out uuid[]
-- answers: notification_id uuid
SELECT n.notification_id
  FROM notification n
 WHERE n.next_attempt_at <= (SELECT clock_timestamp()) AND n.state IN ('queued', 'deferred')
   AND (n.channel IS NOT NULL) = :webhooks AND n.notification_id <> ALL (:left_out)
 ORDER BY n.next_attempt_at
 LIMIT 1
   FOR UPDATE SKIP LOCKED
