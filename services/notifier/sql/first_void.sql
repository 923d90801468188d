-- The mail that release.sql would release first.
-- takes: left_out uuid[]
-- answers: notification_id uuid
SELECT n.notification_id
  FROM notification n
 WHERE n.next_attempt_at IS NOT NULL AND n.state = 'sending' AND n.notification_id <> ALL (:left_out)
   AND EXISTS (SELECT FROM notification_sender s
                WHERE s.pid = n.sender_pid AND s.since = n.sender_since
                  AND NOT EXISTS (SELECT FROM pg_stat_activity a
                                   WHERE a.pid = s.pid AND coalesce(a.backend_start, s.since) = s.since))
 ORDER BY n.notification_id
 LIMIT 1
   FOR UPDATE OF n SKIP LOCKED
