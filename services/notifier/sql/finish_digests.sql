-- Gives the mails in digests the digests' results.
-- takes: digests uuid[]
-- answers: digest_id uuid, notification_id uuid, request_id uuid, version bigint, kind text, recipient text, event_id text,
--   traceparent text, tracestate text
UPDATE notification n
   SET state = d.state, finished_at = d.finished_at, smtp_code = d.smtp_code, enhanced_status = d.enhanced_status,
       smtp_reply = d.smtp_reply
  FROM notification d, notice
 WHERE n.digest_id = ANY (:digests) AND d.notification_id = n.digest_id
   AND n.next_attempt_at IS NULL AND n.state IN ('queued', 'failed')
   AND notice.notice_id = n.notice_id AND notice.version = n.version
RETURNING n.digest_id, n.notification_id, n.request_id, n.version, n.kind, n.recipient, notice.event_id, notice.traceparent,
          notice.tracestate
