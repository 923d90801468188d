INSERT INTO request_version AS kept (request_id, version, event_id, at, type, state, previous_state, actor,
    caused_by, tenant_id, topic, "partition", "offset")
SELECT DISTINCT ON (i.request_id, i.version)
       i.request_id, i.version, i.event_id, i.at, i.type, i.state, i.previous_state, i.actor, i.caused_by,
       i.tenant_id, i.topic, i."partition", i."offset"
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::text[], $12::integer[], $13::bigint[])
       AS i (request_id, version, event_id, at, type, state, previous_state, actor, caused_by, tenant_id, topic,
             "partition", "offset")
 ORDER BY i.request_id, i.version, i.topic, i."partition", i."offset"
ON CONFLICT (request_id, version) DO UPDATE
   SET (event_id, at, type, state, previous_state, actor, caused_by, tenant_id, topic, "partition", "offset")
     = (excluded.event_id, excluded.at, excluded.type, excluded.state, excluded.previous_state, excluded.actor,
        excluded.caused_by, excluded.tenant_id, excluded.topic, excluded."partition", excluded."offset")
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
