-- Mails whose sender died with them in hand are due again. Nobody knows how the attempt ended. When another
-- role's session began is hidden: as long as one has that number, it may be the sender's.
WITH void AS (
    SELECT n.notification_id
      FROM notification n
     WHERE n.state = 'sending'
       AND NOT EXISTS (SELECT FROM pg_stat_activity a
                        WHERE a.pid = n.sender_pid AND coalesce(a.backend_start, n.sender_since) = n.sender_since)
       FOR UPDATE SKIP LOCKED
), released AS (
    UPDATE notification n
       SET state = 'deferred', sender_pid = NULL, sender_since = NULL
      FROM void
     WHERE n.notification_id = void.notification_id
    RETURNING n.notification_id, n.attempts
)
UPDATE notification_attempt a
   SET ended_at = clock_timestamp(), outcome = 'interrupted'
  FROM released
 WHERE a.notification_id = released.notification_id AND a.number = released.attempts
   AND a.ended_at IS NULL
