-- Takes due mails for this session, and enters the attempt before it is made. A claim holds while the
-- session that made it lives. Through the array the planner takes them for the few that they are, however
-- many are due, and finds the rest by key.
WITH due AS (
    SELECT n.notification_id
      FROM notification n
     WHERE n.state IN ('queued', 'deferred') AND n.next_attempt_at <= (SELECT clock_timestamp())
     ORDER BY n.next_attempt_at
     LIMIT $1::integer
       FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE notification n
       SET state = 'sending', attempts = n.attempts + 1, attempted_at = clock_timestamp(),
           sender_pid = pg_backend_pid(),
           sender_since = (SELECT a.backend_start FROM pg_stat_get_activity(pg_backend_pid()) a)
      FROM unnest(ARRAY(SELECT due.notification_id FROM due)) AS taken (notification_id)
     WHERE n.notification_id = taken.notification_id
    RETURNING n.*
), forgotten AS (
    -- release.sql may have met a claim that was newer than what it saw of the attempts.
    UPDATE notification_attempt a
       SET ended_at = c.attempted_at, outcome = 'interrupted'
      FROM claimed c
     WHERE c.attempts > 1 AND a.notification_id = c.notification_id AND a.number = c.attempts - 1
       AND a.ended_at IS NULL
), attempt AS (
    INSERT INTO notification_attempt (notification_id, number, begun_at)
    SELECT c.notification_id, c.attempts, c.attempted_at FROM claimed c
    -- One that was given back unsent has this number.
    ON CONFLICT (notification_id, number) DO UPDATE
       SET begun_at = excluded.begun_at, ended_at = NULL, outcome = NULL
)
SELECT c.notification_id, c.request_id, c.version, c.kind, c.recipient, c.audience, c.tenant_id,
       c.attempts, c.queued_at, c.give_up_at, c.message_id,
       notice.snapshot, notice.ticket_title, notice.event_id, notice.traceparent
  FROM claimed c
  JOIN notice ON notice.request_id = c.request_id AND notice.version = c.version
 ORDER BY c.queued_at, c.notification_id
