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
SELECT 'outbox_refused', NULL,
       ((SELECT count(*) FROM outbox WHERE refused_at IS NOT NULL)
        + (SELECT count(*) FROM quarantine q
            WHERE q.refused_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM quarantine_settlement s
                               WHERE s.quarantine_id = q.quarantine_id AND s.settled_at IS NOT NULL)))::text
UNION ALL
SELECT 'deadletters_unpublished', NULL, count(*)::text
  FROM quarantine WHERE published_at IS NULL
