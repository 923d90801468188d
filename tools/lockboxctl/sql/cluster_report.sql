-- Accesses that a cluster reported, and the grants on it. what: used, unused (an item of a grant),
-- begun (a request without an end), outlived (a request, such as a stream, that ended after its
-- grant, at last). cluster: its resource id in lower case.
-- takes: cluster text, most bigint
-- answers: what text, request_id text, item integer, engineer_id text, action text, namespace text, kind text, name text,
--   times bigint, first timestamptz, last timestamptz
WITH reported AS (
    SELECT a.* FROM access a
     WHERE a.cluster = :cluster AND a.reported_by = 'cluster'
), item AS (
    SELECT g.*, u.times, u.first, u.last
      FROM grant_item g
     CROSS JOIN LATERAL (
        SELECT count(*) AS times, min(a.performed_at) AS first, max(a.performed_at) AS last
          FROM reported a
         WHERE a.outcome = 'allowed' AND a.covered_by = g.request_id AND a.engineer_id = g.engineer_id
           AND g.action = ANY (covering_actions(a.action, a.name))
           AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind, a.name)
           AND coalesce(g.container = a.container, true)) AS u
     WHERE g.cluster = :cluster
), stream AS ( -- accesses with a started record, which is the first of an allowed access, and the one that is kept
    SELECT a.*, done.kafka_timestamp AS ended_at
      FROM reported a
      JOIN event started ON started.topic = a.topic AND started."partition" = a."partition" AND started."offset" = a."offset"
                        AND started.event_id = a.audit_id || '/ResponseStarted'
     CROSS JOIN LATERAL (SELECT max(g.access_until) AS at FROM grant_item g WHERE g.request_id = a.covered_by) AS until
      LEFT JOIN event done ON done.topic = a.topic AND done."partition" = a."partition" AND done.event_id = a.audit_id
                          AND done.source = a.source AND done.event_time = a.performed_at -- an engineer may choose audit_id, and again
     WHERE coalesce(done.kafka_timestamp, clock_timestamp()) > until.at + interval '1 second'
)
SELECT * FROM (
    SELECT CASE WHEN times = 0 THEN 'unused' ELSE 'used' END AS what, request_id, number AS item, engineer_id, action, namespace,
           kind, name, times, first, last
      FROM item
    UNION ALL
    SELECT 'begun', a.covered_by, NULL, a.engineer_id, coalesce(a.action, a.resource), a.namespace, a.kind, a.name, NULL,
           a.performed_at, NULL::timestamptz
      FROM reported a
     WHERE a.outcome = 'begun' AND a.performed_at < clock_timestamp() - interval '10 minutes'
    UNION ALL
    SELECT 'outlived', s.covered_by, NULL, s.engineer_id, s.action, s.namespace, s.kind, s.name, NULL, s.performed_at, s.ended_at
      FROM stream s
) AS row
ORDER BY coalesce(last, first) DESC NULLS LAST, request_id DESC, item
LIMIT :most
