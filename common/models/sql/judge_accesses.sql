-- Judges anew what was reported under grants that have come or changed since: all that was done while they were
-- given for, whether or not they were ended before. The answer: violations found, and those that are none any more.
WITH touched AS (
    SELECT DISTINCT a.performed_at, a.identity
      FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
           AS i (engineer_id, resource_id, action, starts_at, expires_at)
      JOIN access a ON a.engineer_id = i.engineer_id AND a.cluster = lower(i.resource_id) AND a.action = i.action
                   AND a.performed_at >= i.starts_at AND a.performed_at < i.expires_at
), judged AS (
    SELECT a.performed_at, a.identity, a.covered_by AS was,
           (SELECT g.request_id
              FROM grant_item g
             WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = a.action
               AND g.access_until > a.performed_at AND g.starts_at <= a.performed_at
               AND covers(g.action, g.namespace, g.kind, g.name, a.namespace, a.kind, a.name)
             ORDER BY g.expires_at DESC, g.request_id LIMIT 1) AS covered_by
      FROM touched JOIN access a USING (performed_at, identity)
), changed AS (
    UPDATE access a SET covered_by = j.covered_by
      FROM judged j
     WHERE a.performed_at = j.performed_at AND a.identity = j.identity AND j.was IS DISTINCT FROM j.covered_by
    RETURNING a.outcome, j.was, j.covered_by
)
SELECT count(*) FILTER (WHERE outcome = 'allowed' AND covered_by IS NULL),
       count(*) FILTER (WHERE outcome = 'allowed' AND was IS NULL)
  FROM changed
