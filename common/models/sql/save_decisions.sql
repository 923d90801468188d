-- rows given: event_id text key, decision_id text, request_id text, tenant_id text, decision text, verdict text,
--   by_id text, by_email text, by_name text, at timestamptz, comment text, topic text, partition integer, offset bigint
INSERT INTO decision AS kept (:given_columns)
SELECT DISTINCT ON (given.event_id) given.*
  FROM :given
 ORDER BY given.event_id, given.topic, given."partition", given."offset"
ON CONFLICT (event_id) DO UPDATE
   SET (:given_values) = (excluded.:given_values)
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
