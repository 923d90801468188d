-- Mails that are not final, by state.
SELECT 'mails', 'Mails that are neither sent nor given up, by state', 'state', asked.state,
       coalesce(found.count, 0)::text
  FROM unnest(ARRAY['queued', 'deferred', 'sending']) AS asked (state)
  LEFT JOIN (SELECT n.state, count(*)
               FROM notification n
              WHERE n.next_attempt_at IS NOT NULL
              GROUP BY n.state) AS found USING (state)
UNION ALL
SELECT 'mail_age_seconds', 'How long the oldest queued or deferred mail is past its time', NULL, NULL,
       greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(next_attempt_at)), 0))::text
  FROM notification
 WHERE next_attempt_at IS NOT NULL AND state IN ('queued', 'deferred')
