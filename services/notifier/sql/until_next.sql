-- Microseconds until the next mail is due. NULL: there is none.
-- takes: webhooks boolean, left_out uuid[]
-- answers: wait_us bigint
SELECT (extract(epoch FROM min(n.next_attempt_at) - clock_timestamp()) * 1000000)::bigint AS wait_us
  FROM notification n
 WHERE n.next_attempt_at IS NOT NULL AND n.state IN ('queued', 'deferred')
   AND (n.channel IS NOT NULL) = :webhooks AND n.notification_id <> ALL (:left_out)
