-- Mails taken in hand and not begun: no attempt was made, and the mail keeps its place.
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::integer[]) AS given (notification_id, number)
), back AS (
    UPDATE notification n
       SET state = CASE WHEN given.number > 1 THEN 'deferred' ELSE 'queued' END,
           attempts = given.number - 1, sender_pid = NULL, sender_since = NULL
      FROM given
     WHERE n.notification_id = given.notification_id AND n.attempts = given.number
       AND n.state = 'sending' AND n.sender_pid = pg_backend_pid()
    RETURNING n.notification_id, given.number
)
UPDATE notification_attempt a
   SET ended_at = clock_timestamp(), outcome = 'returned'
  FROM back
 WHERE a.notification_id = back.notification_id AND a.number = back.number
