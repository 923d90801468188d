-- The requests of this session's claimed digests, each as in its latest event. This runs after the
-- claim, which closes the digests, so that no request is missed.
-- answers: digest_id uuid, snapshot json
SELECT n.digest_id, latest.snapshot
  FROM notification d
  JOIN notification n ON n.digest_id = d.notification_id
 CROSS JOIN LATERAL (SELECT notice.snapshot FROM notice
                      WHERE notice.notice_id = n.notice_id
                      ORDER BY notice.version DESC
                      LIMIT 1) latest
 WHERE d.next_attempt_at IS NOT NULL AND d.kind = 'digest' AND d.state = 'sending' AND d.sender_pid = pg_backend_pid()
 ORDER BY n.digest_id, n.queued_at, n.notification_id
