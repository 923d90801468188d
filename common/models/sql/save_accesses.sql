-- Judges each access by the known grants. Answers how many are violations.
-- rows given: performed_at timestamptz key, identity bytea key, event_id text, source text, engineer_id text,
--   resource_id text, action text, namespace text, kind text, name text, outcome text, request_id text,
--   resource text, verb text, code integer optional, container text, dry_run boolean, user_agent text, reported_by text,
--   audit_id text, bypass text, topic text, partition integer, offset bigint
-- answers: violations bigint
WITH saved AS (
    INSERT INTO access AS kept (:given_columns, cluster, covered_by, tenant_id)
    SELECT DISTINCT ON (given.performed_at, given.identity)
           given.:given_columns, lower(given.resource_id COLLATE "C"),
           (SELECT g.request_id
              FROM grant_item g
             WHERE g.engineer_id = given.engineer_id AND g.cluster = lower(given.resource_id COLLATE "C")
               AND g.action = ANY (covering_actions(given.action, given.name))
               AND g.access_until > given.performed_at AND g.starts_at <= given.performed_at
               AND covers(g.action, g.namespace, g.kind, g.name, given.action, given.namespace, given.kind, given.name)
               AND coalesce(g.container = given.container, true)
             ORDER BY g.expires_at DESC, g.request_id LIMIT 1),
           (SELECT CASE WHEN o.owned THEN o.tenant_id END
              FROM subscription_owner o
             WHERE o.subscription_id = split_part(lower(given.resource_id COLLATE "C"), '/', 3) AND o.at <= given.performed_at
               AND starts_with(lower(given.resource_id COLLATE "C"), '/subscriptions/' || o.subscription_id || '/')
             ORDER BY o.at DESC, o.event_id DESC LIMIT 1)
      FROM :given
     ORDER BY given.performed_at, given.identity, given.outcome = 'begun', given.topic, given."partition", given."offset"
    ON CONFLICT (performed_at, identity) DO UPDATE
       SET (:given_values, covered_by) = (excluded.:given_values, excluded.covered_by)
     -- An ended access replaces a begun one. Of two equal ones the first is kept.
     WHERE (excluded.outcome = 'begun', excluded.topic, excluded."partition", excluded."offset")
         < (kept.outcome = 'begun', kept.topic, kept."partition", kept."offset")
    RETURNING (xmax = 0 OR audit_id IS NOT NULL) AND outcome = 'allowed'
          AND (bypass IS NOT NULL OR (covered_by IS NULL AND action IS NOT NULL)) AS is_found
)
SELECT count(*) FILTER (WHERE is_found) AS violations FROM saved
