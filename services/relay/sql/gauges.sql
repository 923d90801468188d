-- How far Kafka is behind the database.
-- answers: name text, label_value text, value text
SELECT 'outbox_unpublished' AS name, NULL AS label_value,
       count(*)::text AS value
  FROM outbox WHERE published_at IS NULL
UNION ALL
SELECT 'outbox_age_seconds', NULL,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::text
  FROM outbox WHERE published_at IS NULL
UNION ALL
SELECT 'outbox_refused', NULL, count(*)::text
  FROM outbox WHERE refused_at IS NOT NULL
UNION ALL
SELECT 'deadletters_unpublished', NULL, count(*)::text
  FROM quarantine WHERE published_at IS NULL
