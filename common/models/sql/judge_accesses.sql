-- Judges accesses again under grants that came or changed: all accesses in the grant's original time,
-- whether or not it was ended early. Answers how many are violations now, and how many are none any more.
-- rows given: engineer_id text, resource_id text, action text, starts_at timestamptz, expires_at timestamptz
-- answers: violations bigint, resolved bigint
WITH touched AS (
    SELECT DISTINCT a.performed_at, a.identity
      FROM :given
      JOIN access a ON a.engineer_id = given.engineer_id AND a.cluster = lower(given.resource_id COLLATE "C")
                   AND a.action IN (given.action, 'list_or_get_objects')
                   AND a.performed_at >= given.starts_at AND a.performed_at < given.expires_at
), judged AS (
    SELECT a.performed_at, a.identity, a.covered_by AS was,
           (SELECT g.request_id
              FROM grant_item g
             WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
               AND g.access_until > a.performed_at AND g.starts_at <= a.performed_at
               AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind, a.name)
               AND coalesce(g.container = a.container, true)
             ORDER BY g.expires_at DESC, g.request_id LIMIT 1) AS covered_by
      FROM touched JOIN access a USING (performed_at, identity)
), changed AS (
    UPDATE access a SET covered_by = j.covered_by
      FROM judged j
     WHERE a.performed_at = j.performed_at AND a.identity = j.identity AND j.was IS DISTINCT FROM j.covered_by
    RETURNING a.outcome, j.was, j.covered_by
)
SELECT count(*) FILTER (WHERE outcome = 'allowed' AND covered_by IS NULL) AS violations,
       count(*) FILTER (WHERE outcome = 'allowed' AND was IS NULL) AS resolved
  FROM changed
