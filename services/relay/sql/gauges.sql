-- How far Kafka is behind the database.
SELECT 'outbox_unpublished', 'Events not yet in Kafka', NULL, NULL, count(*)::text
  FROM outbox WHERE published_at IS NULL
UNION ALL
SELECT 'outbox_age_seconds', 'How long the oldest event not yet in Kafka has waited', NULL, NULL,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::text
  FROM outbox WHERE published_at IS NULL
UNION ALL
SELECT 'deadletters_unpublished', 'Rejected records not yet in the dead-letter topic', NULL, NULL, count(*)::text
  FROM quarantine WHERE published_at IS NULL
