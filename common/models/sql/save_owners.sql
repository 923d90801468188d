-- rows given: subscription_id text key, at timestamptz key, event_id text key, tenant_id text, owned boolean,
--   topic text, partition integer, offset bigint
INSERT INTO subscription_owner AS kept (:given_columns)
SELECT DISTINCT ON (lower(given.subscription_id COLLATE "C"), given.at, given.event_id)
       lower(given.subscription_id COLLATE "C"), given.at, given.event_id, given.:given_values
  FROM :given
 ORDER BY lower(given.subscription_id COLLATE "C"), given.at, given.event_id, given.topic, given."partition", given."offset"
ON CONFLICT (subscription_id, at, event_id) DO UPDATE
   SET (:given_values) = (excluded.:given_values)
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
