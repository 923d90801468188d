-- Claims due mails for this database session, and inserts the attempts before they are made. A claim ends
-- with the session, which is registered for release.sql. A claimed digest takes no more requests.
-- takes: most integer, webhooks boolean, left_out uuid[]
-- answers: notification_id uuid, notice_id uuid, request_id uuid, version bigint, kind text, recipient text, audience text,
--   tenant_id text, attempts integer, queued_at timestamptz, give_up_at timestamptz, message_id text, snapshot json,
--   ticket_title text, event_id text, traceparent text, tracestate text, channel text, webhook_url text
WITH due AS (
    SELECT n.ctid AS place, n.notification_id, n.attempts, n.attempted_at, n.attempt_ended_at, n.outcome,
           n.relay, n.smtp_code, n.enhanced_status, n.smtp_reply
      FROM notification n
     WHERE n.next_attempt_at <= (SELECT clock_timestamp()) AND n.state IN ('queued', 'deferred')
       AND (n.channel IS NOT NULL) = :webhooks AND n.notification_id <> ALL (:left_out)
     ORDER BY n.next_attempt_at
     LIMIT :most
       FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE notification n
       SET state = 'sending', attempts = n.attempts + 1, attempted_at = clock_timestamp(),
           attempt_ended_at = NULL, outcome = NULL, relay = NULL, smtp_code = NULL, enhanced_status = NULL,
           smtp_reply = NULL, gathering = NULL, sender_pid = pg_backend_pid(),
           sender_since = (SELECT a.backend_start FROM pg_stat_get_activity(pg_backend_pid()) a)
     WHERE n.ctid = ANY (ARRAY(SELECT due.place FROM due))
    RETURNING n.notification_id, n.notice_id, n.request_id, n.version, n.kind, n.recipient, n.audience, n.tenant_id,
              n.attempts, n.queued_at, n.give_up_at, n.message_id, n.sender_pid, n.sender_since, n.channel
), registered AS (
    INSERT INTO notification_sender (pid, since)
    SELECT c.sender_pid, c.sender_since FROM claimed c LIMIT 1
    ON CONFLICT DO NOTHING
), kept AS (
    INSERT INTO notification_earlier_attempt (notification_id, number, begun_at, ended_at, outcome, relay,
                                              smtp_code, enhanced_status, smtp_reply)
    SELECT due.notification_id, due.attempts, due.attempted_at, due.attempt_ended_at, due.outcome, due.relay,
           due.smtp_code, due.enhanced_status, due.smtp_reply
      FROM due
      JOIN claimed c USING (notification_id)
     WHERE due.outcome IS NOT NULL
    -- An attempt that was released, and whose mail was then claimed and given back, got its result afterwards.
    ON CONFLICT (notification_id, number) DO UPDATE
       SET ended_at = excluded.ended_at, outcome = excluded.outcome, relay = excluded.relay,
           smtp_code = excluded.smtp_code, enhanced_status = excluded.enhanced_status,
           smtp_reply = excluded.smtp_reply
)
-- The snapshot of a notice is returned with the first of its mails only.
SELECT c.notification_id, c.notice_id, c.request_id, c.version, c.kind, c.recipient, c.audience, c.tenant_id,
       c.attempts, c.queued_at, c.give_up_at, c.message_id,
       CASE WHEN lag(c.notice_id) OVER in_order IS DISTINCT FROM c.notice_id
                 OR lag(c.version) OVER in_order IS DISTINCT FROM c.version
            THEN notice.snapshot END AS snapshot,
       notice.ticket_title, notice.event_id, notice.traceparent, notice.tracestate, c.channel, hook.url AS webhook_url
  FROM claimed c
  LEFT JOIN notice ON notice.notice_id = c.notice_id AND notice.version = c.version
  LEFT JOIN LATERAL (SELECT w.url FROM webhook w
                      WHERE c.channel IS NOT NULL AND w.tenant_id = c.tenant_id AND w.recipient = c.recipient AND w.format = c.channel
                      LIMIT 1) hook ON true
WINDOW in_order AS (ORDER BY c.queued_at, c.notification_id)
 ORDER BY c.queued_at, c.notification_id
