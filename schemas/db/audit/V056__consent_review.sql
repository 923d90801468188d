-- Consent reviewed: what was granted and never used, how fast a yes came, and from whom. Auditors ask for a tenant and a
-- month; lockboxctl audit review prints it.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- One row for each item that was granted: how often it was used while the grant ran.
CREATE VIEW item_use WITH (security_invoker) AS
    SELECT g.request_id, g.number, g.tenant_id, g.engineer_id, g.cluster, g.action, g.namespace, g.kind, g.name,
           g.basis, g.starts_at, g.access_until,
           (SELECT count(*)
              FROM access a
             WHERE a.engineer_id = g.engineer_id AND a.performed_at >= g.starts_at AND a.performed_at < g.access_until
               AND a.cluster = g.cluster AND a.outcome = 'allowed'
               AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind, a.name)) AS uses
      FROM grant_item g;

-- One row for each request that the customer was asked for: who decided, and after how long.
CREATE VIEW consent WITH (security_invoker) AS
    SELECT r.request_id, r.tenant_id, r.subscription_id, r.engineer_id, r.cluster, r.created_at,
           r.state, d.decision, d.by_id AS decided_by,
           d.at AS decided_at, d.at - r.created_at AS time_to_decide,
           d.decision = 'approve' AND d.at - r.created_at < interval '10 seconds' AS hasty
      FROM request_state r
      LEFT JOIN LATERAL (SELECT d.decision, d.by_id, d.at
                           FROM decision d
                          WHERE d.request_id = r.request_id AND d.verdict = 'applied'
                            AND d.decision IN ('approve', 'deny')
                          ORDER BY d.at LIMIT 1) AS d ON true
     WHERE r.decide_by IS NOT NULL;

-- A tenant's requests that were created in [since, until). median_time_to_decide: NULL where nobody decided.
CREATE FUNCTION consent_review(tenant_id text, since timestamptz, until timestamptz)
RETURNS TABLE (requests bigint, approved bigint, denied bigint, lapsed bigint, hasty bigint, median_time_to_decide interval,
               grants bigint, grants_unused bigint, items bigint, items_unused bigint, approvers bigint)
LANGUAGE sql STABLE SET search_path = audit, pg_temp AS $$
    SELECT count(*),
           count(*) FILTER (WHERE c.decision = 'approve'),
           count(*) FILTER (WHERE c.decision = 'deny'),
           count(*) FILTER (WHERE c.state = 'expired'),
           count(*) FILTER (WHERE c.hasty),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY c.time_to_decide),
           count(*) FILTER (WHERE u.granted > 0),
           count(*) FILTER (WHERE u.granted > 0 AND u.unused = u.granted),
           coalesce(sum(u.granted), 0)::bigint,
           coalesce(sum(u.unused), 0)::bigint,
           count(DISTINCT c.decided_by) FILTER (WHERE c.decision = 'approve')
      FROM audit.consent c
     CROSS JOIN LATERAL (SELECT count(*) AS granted, count(*) FILTER (WHERE i.uses = 0) AS unused
                           FROM audit.item_use i WHERE i.request_id = c.request_id) AS u
     WHERE c.tenant_id = consent_review.tenant_id AND c.created_at >= since AND c.created_at < until
$$;

-- The same by person: as engineer what became of their requests, as approver what they decided.
CREATE FUNCTION consent_review_people(tenant_id text, since timestamptz, until timestamptz)
RETURNS TABLE (part text, person text, requests bigint, approved bigint, denied bigint, hasty bigint)
LANGUAGE sql STABLE SET search_path = audit, pg_temp AS $$
    SELECT p.part, p.person, count(*), count(*) FILTER (WHERE c.decision = 'approve'),
           count(*) FILTER (WHERE c.decision = 'deny'), count(*) FILTER (WHERE c.hasty)
      FROM audit.consent c
     CROSS JOIN LATERAL (VALUES ('engineer', c.engineer_id), ('approver', c.decided_by)) AS p (part, person)
     WHERE c.tenant_id = consent_review_people.tenant_id AND c.created_at >= since AND c.created_at < until
       AND p.person IS NOT NULL
     GROUP BY p.part, p.person
$$;

REVOKE EXECUTE ON FUNCTION consent_review, consent_review_people FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_review, consent_review_people TO lockbox_auditor, lockbox_tenant_auditor;
GRANT SELECT ON item_use, consent TO lockbox_auditor, lockbox_tenant_auditor;

UPDATE schema_version SET version = 56;

RESET ROLE;
