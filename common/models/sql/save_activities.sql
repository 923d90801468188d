INSERT INTO activity AS kept (event_id, at, operation, status, sub_status, level, caller, request_id, tenant_id,
    subscription_id, topic, "partition", "offset", kafka_timestamp, cluster)
SELECT DISTINCT ON (i.event_id)
       i.event_id, i.at, i.operation, i.status, i.sub_status, i.level, i.caller, i.request_id, i.tenant_id,
       i.subscription_id, i.topic, i."partition", i."offset",
       timestamptz 'epoch' + i.kafka_ms * interval '1 millisecond',
       (SELECT r.cluster FROM request_state r WHERE r.request_id = i.request_id)
  FROM unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::integer[], $14::bigint[])
       AS i (event_id, at, kafka_ms, operation, status, sub_status, level, caller, request_id, tenant_id,
             subscription_id, topic, "partition", "offset")
 ORDER BY i.event_id, i.topic, i."partition", i."offset"
ON CONFLICT (event_id) DO UPDATE
   SET (at, operation, status, sub_status, level, caller, request_id, tenant_id, subscription_id, topic,
        "partition", "offset", kafka_timestamp, cluster)
     = (excluded.at, excluded.operation, excluded.status, excluded.sub_status, excluded.level, excluded.caller,
        excluded.request_id, excluded.tenant_id, excluded.subscription_id, excluded.topic, excluded."partition",
        excluded."offset", excluded.kafka_timestamp, excluded.cluster)
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
