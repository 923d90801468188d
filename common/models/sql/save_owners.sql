INSERT INTO subscription_owner AS kept (subscription_id, at, event_id, tenant_id, owned, topic, "partition",
    "offset")
SELECT DISTINCT ON (lower(i.subscription_id), i.at, i.event_id)
       lower(i.subscription_id), i.at, i.event_id, i.tenant_id, i.owned, i.topic, i."partition", i."offset"
  FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::integer[],
              $8::bigint[])
       AS i (subscription_id, at, event_id, tenant_id, owned, topic, "partition", "offset")
 ORDER BY lower(i.subscription_id), i.at, i.event_id, i.topic, i."partition", i."offset"
ON CONFLICT (subscription_id, at, event_id) DO UPDATE
   SET (tenant_id, owned, topic, "partition", "offset")
     = (excluded.tenant_id, excluded.owned, excluded.topic, excluded."partition", excluded."offset")
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
