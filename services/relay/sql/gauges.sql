-- How far Kafka is behind the database. num_nulls makes the planner use the index outbox_in_order. The
-- index on published_at never shrinks, so that with old statistics the whole table would be scanned.
-- answers: name text, label_value text, value text
WITH waiting AS MATERIALIZED (
    SELECT count(*) AS events, min(created_at) AS since FROM outbox WHERE num_nulls(published_at) = 1
)
SELECT 'outbox_unpublished' AS name, NULL AS label_value, events::text AS value FROM waiting
UNION ALL
SELECT 'outbox_age_seconds', NULL, coalesce(extract(epoch FROM clock_timestamp() - since), 0)::text FROM waiting
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
