-- Mails that are not final, by state.
SELECT 'mails', 'Mails that are neither sent nor given up, by state', 'state', state,
       (SELECT count(*) FROM notification n
         WHERE n.state = asked.state AND n.state IN ('queued', 'deferred'))::text
  FROM unnest(ARRAY['queued', 'deferred']) AS asked (state)
UNION ALL
SELECT 'mails', 'Mails that are neither sent nor given up, by state', 'state', 'sending', count(*)::text
  FROM notification WHERE state = 'sending'
UNION ALL
SELECT 'mail_age_seconds', 'How long the oldest queued or deferred mail is past its time', NULL, NULL,
       greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(next_attempt_at)), 0))::text
  FROM notification WHERE state IN ('queued', 'deferred')
