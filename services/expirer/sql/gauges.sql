-- Steps by time that are due and not published. Access has ended meanwhile, only its event is late.
-- answers: name text, label_value text, value text
SELECT 'requests_overdue' AS name, NULL AS label_value, count(*)::text AS value
  FROM request WHERE due_at <= (SELECT clock_timestamp())
UNION ALL
SELECT 'oldest_due_seconds', NULL,
       greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0))::text
  FROM request WHERE due_at IS NOT NULL
