-- Violations by records, and breaches, that were stored after `since` and up to `until`.
-- takes: since text, until text, tenant text
-- answers: why text, topic text, partition integer, offset bigint, event_id text, request_id text, tenant_id text, at text, engineer_id text,
--   action text, resource_id text, detail text
SELECT v.why, v.topic, v."partition", v."offset", v.event_id, v.request_id, v.tenant_id,
       to_char(v.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
       v.engineer_id, v.action, v.resource_id, b.detail
  FROM violation v
  JOIN event e USING (topic, "partition", "offset")
  LEFT JOIN breach b USING (topic, "partition", "offset", why)
 WHERE coalesce(b.judged_at, e.received_at) > :since::timestamptz AND coalesce(b.judged_at, e.received_at) <= :until::timestamptz
   AND (:tenant = '' OR v.tenant_id = :tenant)
 ORDER BY v.topic, v."partition", v."offset", v.why
