INSERT INTO grant_item AS kept (request_id, number, version, tenant_id, engineer_id, action, namespace, kind, name,
    starts_at, expires_at, basis, topic, "partition", "offset", cluster, access_until)
SELECT DISTINCT ON (i.request_id, i.number)
       i.request_id, i.number, i.version, i.tenant_id, i.engineer_id, i.action, i.namespace, i.kind, i.name,
       i.starts_at, i.expires_at, i.basis, i.topic, i."partition", i."offset", lower(i.resource_id),
       least(i.expires_at, i.ended_at)
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::text[],
              $15::text[], $16::integer[], $17::bigint[])
       AS i (request_id, number, version, tenant_id, engineer_id, resource_id, action, namespace, kind, name,
             starts_at, expires_at, ended_at, basis, topic, "partition", "offset")
 ORDER BY i.request_id, i.number, i.version DESC, i.topic, i."partition", i."offset"
ON CONFLICT (request_id, number) DO UPDATE
   SET (version, tenant_id, engineer_id, action, namespace, kind, name, starts_at, expires_at, basis, topic,
        "partition", "offset", cluster, access_until)
     = (excluded.version, excluded.tenant_id, excluded.engineer_id, excluded.action, excluded.namespace,
        excluded.kind, excluded.name, excluded.starts_at, excluded.expires_at, excluded.basis, excluded.topic,
        excluded."partition", excluded."offset", excluded.cluster, excluded.access_until)
 WHERE excluded.version > kept.version
    OR excluded.version = kept.version
       AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
