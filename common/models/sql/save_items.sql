-- rows given: request_id text key, number integer key, version bigint, tenant_id text, engineer_id text,
--   resource_id text input, action text, namespace text, kind text, name text, container text,
--   starts_at timestamptz, expires_at timestamptz, access_until timestamptz, basis text, api_version text, content_digest text, previous_digest text,
--   changes text, topic text, partition integer, offset bigint
INSERT INTO grant_item AS kept (:given_columns, cluster)
SELECT DISTINCT ON (given.request_id, given.number)
       given.:given_columns, lower(given.resource_id COLLATE "C")
  FROM :given
 ORDER BY given.request_id, given.number, given.version DESC, given.topic, given."partition", given."offset"
ON CONFLICT (request_id, number) DO UPDATE
   SET (:given_values, cluster) = (excluded.:given_values, excluded.cluster)
 WHERE excluded.version > kept.version
    OR excluded.version = kept.version
       AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
