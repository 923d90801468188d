-- rows given: event_id text key, at timestamptz, kafka_ms bigint input, operation text, status text, sub_status text,
--   level text, caller text, request_id text, tenant_id text, subscription_id text,
--   topic text, partition integer, offset bigint
INSERT INTO activity AS kept (:given_columns, kafka_timestamp, cluster)
SELECT DISTINCT ON (given.event_id)
       given.:given_columns, timestamptz 'epoch' + given.kafka_ms * interval '1 millisecond',
       (SELECT r.cluster FROM request_state r WHERE r.request_id = given.request_id)
  FROM :given
 ORDER BY given.event_id, given.topic, given."partition", given."offset"
ON CONFLICT (event_id) DO UPDATE
   SET (:given_values, kafka_timestamp, cluster)
     = (excluded.:given_values, excluded.kafka_timestamp, excluded.cluster)
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
