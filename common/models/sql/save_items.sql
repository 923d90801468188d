-- rows given: request_id text key, number integer key, version bigint, tenant_id text, engineer_id text,
--   resource_id text input, action text, namespace text, kind text, name text, starts_at timestamptz,
--   expires_at timestamptz, ended_at timestamptz input, basis text, topic text, partition integer, offset bigint
INSERT INTO grant_item AS kept (:given_columns, cluster, access_until)
SELECT DISTINCT ON (given.request_id, given.number)
       given.:given_columns, lower(given.resource_id), least(given.expires_at, given.ended_at)
  FROM :given
 ORDER BY given.request_id, given.number, given.version DESC, given.topic, given."partition", given."offset"
ON CONFLICT (request_id, number) DO UPDATE
   SET (:given_values, cluster, access_until) = (excluded.:given_values, excluded.cluster, excluded.access_until)
 WHERE excluded.version > kept.version
    OR excluded.version = kept.version
       AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
