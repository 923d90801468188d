-- Releases claims of ended database sessions, for the first mails by id: these are due again, and
-- the attempt's outcome is unknown. PostgreSQL hides the start of another role's session, so one
-- with the same pid counts as the claim's.
-- takes: most integer, left_out uuid[]
-- answers: released bigint
WITH dead AS (
    SELECT s.pid, s.since
      FROM notification_sender s
     WHERE NOT EXISTS (SELECT FROM pg_stat_activity a
                        WHERE a.pid = s.pid AND coalesce(a.backend_start, s.since) = s.since)
), void AS (
    SELECT n.notification_id
      FROM notification n
     WHERE n.next_attempt_at IS NOT NULL AND n.state = 'sending'
       AND (n.sender_pid, n.sender_since) IN (SELECT dead.pid, dead.since FROM dead)
       AND n.notification_id <> ALL (:left_out)
     ORDER BY n.notification_id
     LIMIT :most
       FOR UPDATE SKIP LOCKED
), forgotten AS (
    -- A session's row is deleted once it has no mails, in a later run at the earliest.
    DELETE FROM notification_sender s
     USING dead
     WHERE s.pid = dead.pid AND s.since = dead.since
       AND NOT EXISTS (SELECT FROM notification n
                        WHERE n.next_attempt_at IS NOT NULL AND n.state = 'sending'
                          AND n.sender_pid = dead.pid AND n.sender_since = dead.since)
), released AS (
    UPDATE notification n
       SET state = 'deferred', outcome = 'interrupted', attempt_ended_at = clock_timestamp(),
           sender_pid = NULL, sender_since = NULL
      FROM void
     WHERE n.notification_id = void.notification_id
    RETURNING 1
)
SELECT count(*) AS released FROM released
