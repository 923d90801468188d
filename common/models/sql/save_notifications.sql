-- The last word on a mail holds: what failed may be sent again.
INSERT INTO notification AS kept (notification_id, request_id, version, tenant_id, kind, recipient, outcome,
    attempts, smtp_reply, message_id, at, event_id, topic, "partition", "offset")
SELECT DISTINCT ON (i.notification_id)
       i.notification_id, i.request_id, i.version, i.tenant_id, i.kind, i.recipient, i.outcome, i.attempts,
       i.smtp_reply, i.message_id, i.at, i.event_id, i.topic, i."partition", i."offset"
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
              $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::integer[], $15::bigint[])
       AS i (notification_id, request_id, version, tenant_id, kind, recipient, outcome, attempts, smtp_reply,
             message_id, at, event_id, topic, "partition", "offset")
 ORDER BY i.notification_id, i.at DESC, i.event_id DESC, i.topic, i."partition", i."offset"
ON CONFLICT (notification_id) DO UPDATE
   SET (request_id, version, tenant_id, kind, recipient, outcome, attempts, smtp_reply, message_id, at, event_id,
        topic, "partition", "offset")
     = (excluded.request_id, excluded.version, excluded.tenant_id, excluded.kind, excluded.recipient,
        excluded.outcome, excluded.attempts, excluded.smtp_reply, excluded.message_id, excluded.at,
        excluded.event_id, excluded.topic, excluded."partition", excluded."offset")
 WHERE (excluded.at, excluded.event_id) > (kept.at, kept.event_id)
    OR (excluded.at, excluded.event_id) = (kept.at, kept.event_id)
   AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
