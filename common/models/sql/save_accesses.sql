-- Each judged by the grants that are known. The answer: how many are violations.
WITH saved AS (
    INSERT INTO access AS kept (performed_at, identity, event_id, source, engineer_id, resource_id, cluster, action,
        namespace, kind, name, outcome, request_id, covered_by, tenant_id, topic, "partition", "offset")
    SELECT DISTINCT ON (i.performed_at, i.identity)
           i.performed_at, i.identity, i.event_id, i.source, i.engineer_id, i.resource_id, lower(i.resource_id),
           i.action, i.namespace, i.kind, i.name, i.outcome, i.request_id,
           (SELECT g.request_id
              FROM grant_item g
             WHERE g.engineer_id = i.engineer_id AND g.cluster = lower(i.resource_id) AND g.action = i.action
               AND g.access_until > i.performed_at AND g.starts_at <= i.performed_at
               AND covers(g.action, g.namespace, g.kind, g.name, i.namespace, i.kind, i.name)
             ORDER BY g.expires_at DESC, g.request_id LIMIT 1),
           (SELECT CASE WHEN o.owned THEN o.tenant_id END
              FROM subscription_owner o
             WHERE o.subscription_id = split_part(lower(i.resource_id), '/', 3) AND o.at <= i.performed_at
               AND starts_with(lower(i.resource_id), '/subscriptions/' || o.subscription_id || '/')
             ORDER BY o.at DESC, o.event_id DESC LIMIT 1),
           i.topic, i."partition", i."offset"
      FROM unnest($1::timestamptz[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                  $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::integer[],
                  $15::bigint[])
           AS i (performed_at, identity, event_id, source, engineer_id, resource_id, action, namespace, kind, name,
                 outcome, request_id, topic, "partition", "offset")
     ORDER BY i.performed_at, i.identity, i.topic, i."partition", i."offset"
    ON CONFLICT (performed_at, identity) DO UPDATE
       SET (topic, "partition", "offset") = (excluded.topic, excluded."partition", excluded."offset")
     WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
    RETURNING xmax = 0 AND outcome = 'allowed' AND covered_by IS NULL AS is_found
)
SELECT count(*) FILTER (WHERE is_found) FROM saved
