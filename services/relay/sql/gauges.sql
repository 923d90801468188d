-- How far Kafka is behind the database.
-- answers: name text, help text, label text, label_value text, value text
SELECT 'outbox_unpublished' AS name, 'Events not yet in Kafka' AS help, NULL AS label, NULL AS label_value,
       count(*)::text AS value
  FROM outbox WHERE published_at IS NULL
UNION ALL
SELECT 'outbox_age_seconds', 'How long the oldest event not yet in Kafka has waited', NULL, NULL,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::text
  FROM outbox WHERE published_at IS NULL
UNION ALL
SELECT 'deadletters_unpublished', 'Rejected records not yet in the dead-letter topic', NULL, NULL, count(*)::text
  FROM quarantine WHERE published_at IS NULL
