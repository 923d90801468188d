-- A tenant's month: the whole month in the first row, then each engineer and each approver.
-- takes: tenant_id text, month text
-- answers: part text, person text, requests text, approved text, denied text, hasty text, lapsed text, median_seconds text,
--   grants text, grants_unused text, items text, items_unused text, approvers text
WITH month AS (
    SELECT :month::timestamptz AS since, :month::timestamptz + interval '1 month' AS until
)
SELECT 'all' AS part, NULL AS person, r.requests, r.approved, r.denied, r.hasty, r.lapsed,
       round(extract(epoch FROM r.median_time_to_decide)) AS median_seconds, r.grants, r.grants_unused, r.items,
       r.items_unused, r.approvers
  FROM month m CROSS JOIN LATERAL consent_review(:tenant_id, m.since, m.until) AS r
UNION ALL
(SELECT p.part, p.person, p.requests, p.approved, p.denied, p.hasty, NULL, NULL, NULL, NULL, NULL, NULL, NULL
   FROM month m CROSS JOIN LATERAL consent_review_people(:tenant_id, m.since, m.until) AS p
  ORDER BY p.part, p.requests DESC, p.person)
