-- Takes due mails for this session, and enters the attempt before it is made. A claim holds while the
-- session that made it lives.
WITH due AS (
    SELECT n.notification_id
      FROM notification n
     WHERE n.next_attempt_at <= (SELECT clock_timestamp())
       AND (n.state <> 'sending'
            OR NOT EXISTS (SELECT FROM pg_stat_activity a
                            WHERE a.pid = n.sender_pid AND a.backend_start = n.sender_since))
     ORDER BY n.next_attempt_at
     LIMIT $1::integer
       FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE notification n
       SET state = 'sending', attempts = n.attempts + 1, attempted_at = clock_timestamp(),
           sender_pid = me.pid, sender_since = me.backend_start
      FROM due, pg_stat_activity me
     WHERE n.notification_id = due.notification_id AND me.pid = pg_backend_pid()
    RETURNING n.*
)
SELECT c.notification_id, c.request_id, c.version, c.kind, c.recipient, c.audience, c.tenant_id,
       c.attempts, c.queued_at, c.give_up_at, c.message_id,
       notice.snapshot, notice.ticket_title, notice.event_id, notice.traceparent
  FROM claimed c
  JOIN notice ON notice.request_id = c.request_id AND notice.version = c.version
 ORDER BY c.queued_at, c.notification_id
