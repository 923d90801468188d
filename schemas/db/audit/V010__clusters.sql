-- What a cluster reports of itself: each request of an engineer once, begun and then ended, whatever it was.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE access
    ALTER COLUMN action DROP NOT NULL, -- what is none of the five: resource says what it was
    ADD COLUMN resource    text,
    ADD COLUMN verb        text,
    ADD COLUMN code        integer,
    ADD COLUMN container   text,
    ADD COLUMN dry_run     boolean,
    ADD COLUMN user_agent  text,
    ADD COLUMN reported_by text,
    ADD COLUMN audit_id    text,
    ADD COLUMN bypass      text; -- masters, impersonation
-- What began and was never told to have ended.
CREATE INDEX access_begun ON access (performed_at) WHERE outcome = 'begun';
CREATE INDEX access_bypass ON access (performed_at) WHERE bypass IS NOT NULL;

-- Who passed every authorizer is one whatever was granted; what is none of the five actions is none by itself.
CREATE OR REPLACE VIEW violation WITH (security_invoker) AS
    SELECT a.performed_at AS at,
           CASE WHEN a.bypass IS NOT NULL THEN a.bypass
                WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
                                AND g.starts_at <= a.performed_at
                                AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind,
                                           a.name))
                THEN 'ended'
                WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = ANY (covering_actions(a.action, a.name))
                                AND covers(g.action, g.namespace, g.kind, g.name, a.action, a.namespace, a.kind,
                                           a.name))
                THEN 'not_started'
                ELSE 'no_grant' END AS why,
           a.engineer_id, a.resource_id, a.cluster, a.action, a.namespace, a.kind, a.name, a.request_id,
           a.tenant_id, a.event_id, a.source, a.topic, a."partition", a."offset"
      FROM access a
     WHERE a.outcome = 'allowed' AND (a.bypass IS NOT NULL OR (a.covered_by IS NULL AND a.action IS NOT NULL))
    UNION ALL
    SELECT u.kafka_timestamp, 'unreadable', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, u.event_id, NULL, u.topic, u."partition", u."offset"
      FROM unreadable u
     WHERE u.about = 'access';

UPDATE schema_version SET version = 10;

RESET ROLE;
