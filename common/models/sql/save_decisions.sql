INSERT INTO decision AS kept (event_id, decision_id, request_id, tenant_id, decision, verdict, by_id, by_email,
    by_name, at, comment, topic, "partition", "offset")
SELECT DISTINCT ON (i.event_id)
       i.event_id, i.decision_id, i.request_id, i.tenant_id, i.decision, i.verdict, i.by_id, i.by_email, i.by_name,
       i.at, i.comment, i.topic, i."partition", i."offset"
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::integer[], $14::bigint[])
       AS i (event_id, decision_id, request_id, tenant_id, decision, verdict, by_id, by_email, by_name, at, comment,
             topic, "partition", "offset")
 ORDER BY i.event_id, i.topic, i."partition", i."offset"
ON CONFLICT (event_id) DO UPDATE
   SET (decision_id, request_id, tenant_id, decision, verdict, by_id, by_email, by_name, at, comment, topic,
        "partition", "offset")
     = (excluded.decision_id, excluded.request_id, excluded.tenant_id, excluded.decision, excluded.verdict,
        excluded.by_id, excluded.by_email, excluded.by_name, excluded.at, excluded.comment, excluded.topic,
        excluded."partition", excluded."offset")
 WHERE (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
