-- Mails without a final result, by state.
-- answers: name text, label_value text, value text
SELECT 'mails' AS name, asked.state AS label_value, coalesce(found.count, 0)::text AS value
  FROM unnest(ARRAY['queued', 'deferred', 'sending']) AS asked (state)
  LEFT JOIN (SELECT n.state, count(*)
               FROM notification n
              WHERE n.next_attempt_at IS NOT NULL AND n.channel IS NULL
              GROUP BY n.state) AS found USING (state)
UNION ALL
SELECT 'mail_age_seconds', NULL,
       greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(queued_at)), 0))::text
  FROM notification
 WHERE next_attempt_at IS NOT NULL AND channel IS NULL
