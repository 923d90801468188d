-- rows given: request_id text key, version bigint key, event_id text, at timestamptz, type text, state text,
--   previous_state text, actor text, caused_by text, tenant_id text, topic text, partition integer, offset bigint
INSERT INTO request_version AS kept (:given_columns)
SELECT DISTINCT ON (given.request_id, given.version) given.*
  FROM :given
 ORDER BY given.request_id, given.version, given.topic, given."partition", given."offset"
ON CONFLICT (request_id, version) DO UPDATE
   SET (:given_values) = (excluded.:given_values)
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
