-- A record's cause is found by its id, and an approver's role by their id: however many records a ticket, a request or a tenant
-- has, each is looked for once. What a violation is has one list of words: a report's own word for how it got past is not one.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

DROP INDEX event_of_tenant;
CREATE INDEX event_of_tenant ON event (tenant_id, event_id) WHERE topic LIKE '%tenants.v1';
CREATE INDEX event_of_ticket ON event (ticket_id, event_id) WHERE topic LIKE '%tickets.v1';
-- By a word that no other statement has: the planner would take this index for every decision of a time.
CREATE INDEX event_to_request ON event (request_id, event_id) WHERE topic ~ '(decisions|tickets)\.v1$';

-- Whose role a record of a tenant gives: as much of the id as may be one, for an index takes no more than 2,704 bytes.
CREATE FUNCTION role_of(raw bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(audit.event_content(raw) #>> '{principal,id}', 128)
$$;
CREATE INDEX event_role ON event (tenant_id, role_of(raw)) WHERE topic ~ 'tenants\.v1$' AND type = 'lockbox.tenant.role_assigned.v1';
REVOKE EXECUTE ON FUNCTION role_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION role_of TO lockbox_audit_writer; -- whose inserts fill the index

-- The record on a topic of input that made a request's event.
CREATE OR REPLACE FUNCTION has_cause(e event, cause text, r jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ -- it keeps its plans
BEGIN
    IF cause IS NULL THEN
        RETURN e.type IN ('lockbox.request.expired.v1', 'lockbox.request.completed.v1', 'lockbox.request.reminder_due.v1',
                          'lockbox.request.unacknowledged.v1');
    END IF;
    IF (r ->> 'version')::bigint = 1 THEN
        RETURN EXISTS (SELECT FROM audit.event c
                        WHERE c.ticket_id = r ->> 'ticket_id' AND c.event_id = cause AND c.topic LIKE '%tickets.v1'
                          AND c.type IN ('lockbox.access.requested.v1', 'lockbox.access.emergency_declared.v1')
                          AND audit.event_content(c.raw) ->> 'engineer_id' = r #>> '{engineer,id}'
                          AND audit.event_content(c.raw) ->> 'resource_id' = r ->> 'resource_id');
    END IF;
    RETURN EXISTS (SELECT FROM audit.event c
                    WHERE c.request_id = e.request_id AND c.event_id = cause AND c.topic ~ '(decisions|tickets)\.v1$')
        OR EXISTS (SELECT FROM audit.event c
                    WHERE c.ticket_id = r ->> 'ticket_id' AND c.event_id = cause AND c.topic LIKE '%tickets.v1')
        OR EXISTS (SELECT FROM audit.event c
                    WHERE c.tenant_id = r ->> 'tenant_id' AND c.event_id = cause AND c.topic LIKE '%tenants.v1'
                      AND c.type LIKE 'lockbox.tenant.%');
END
$$;

-- Whether a record of the tenant gave them a role. By the word of event_role alone: whatever the planner knows of the rows, no other
-- index answers it.
CREATE FUNCTION has_role(the_tenant text, id text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM audit.event c
                    WHERE c.tenant_id = the_tenant AND audit.role_of(c.raw) = left(id, 128)
                      AND c.topic ~ 'tenants\.v1$' AND c.type = 'lockbox.tenant.role_assigned.v1'
                      AND audit.event_content(c.raw) #>> '{principal,id}' = id);
END
$$;
REVOKE EXECUTE ON FUNCTION has_role FROM PUBLIC;

-- Somebody who is named as an approver, and whom no record of the tenant gave a role.
CREATE OR REPLACE FUNCTION made_up_approver(r jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT min(p #>> '{principal,id}') FROM jsonb_array_elements(r -> 'approvers') AS p
             WHERE NOT audit.has_role(r ->> 'tenant_id', p #>> '{principal,id}'));
END
$$;

-- A role, key or policy that changed because a record of the tenant said so.
CREATE OR REPLACE FUNCTION tenant_breaches(e event, cause text, data jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT 'state_without_cause', 'no record of the tenant says this'
     WHERE NOT EXISTS (SELECT FROM audit.event c
                        WHERE c.tenant_id = data ->> 'tenant_id' AND c.event_id = cause AND c.topic LIKE '%tenants.v1'
                          AND c.type = 'lockbox.tenant.' || (data ->> 'change') || '.v1'
                          AND audit.event_content(c.raw) #>> '{principal,id}' IS NOT DISTINCT FROM data #>> '{principal,id}');
END
$$;

-- What is wrong with a record.
CREATE OR REPLACE FUNCTION breaches_of(e event) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    body CONSTANT jsonb := audit.event_body(e.raw);
    data CONSTANT jsonb := audit.event_content(e.raw);
    late CONSTANT interval := e.kafka_timestamp - CASE WHEN e.type = 'lockbox.access.performed.v1' THEN (data ->> 'performed_at')::timestamptz END;
BEGIN
    IF e.topic LIKE '%accesses.v1' THEN
        -- What ended is told when it ended: the report that it began was to be in time.
        IF late > interval '5 minutes' AND (NOT data ? 'audit_id' OR data ->> 'outcome' = 'begun') THEN
            RETURN QUERY SELECT 'reported_late', format('told %s after it was done', date_trunc('second', late));
        END IF;
    ELSIF e.type LIKE 'lockbox.request.%' AND data -> 'request' ->> 'request_id' = e.request_id THEN
        RETURN QUERY SELECT v.why, v.detail FROM audit.request_breaches(e, body ->> 'causationid', data -> 'request') AS v;
    ELSIF e.type = 'lockbox.tenant.changed.v1' THEN
        RETURN QUERY SELECT v.why, v.detail FROM audit.tenant_breaches(e, body ->> 'causationid', data) AS v;
    ELSIF e.type = 'lockbox.decision.judged.v1' AND data ->> 'request_id' IS NOT NULL
          AND NOT EXISTS (SELECT FROM audit.event c
                           WHERE c.request_id = data ->> 'request_id' AND c.event_id = body ->> 'causationid'
                             AND c.topic ~ '(decisions|tickets)\.v1$' AND c.topic LIKE '%decisions.v1') THEN
        RETURN QUERY SELECT 'state_without_cause', 'the decision is not on its topic';
    END IF;
EXCEPTION
    WHEN data_exception THEN -- the read models call such a record unreadable
        RETURN;
END
$$;

CREATE OR REPLACE VIEW violation WITH (security_invoker) AS
    SELECT a.performed_at AS at,
           CASE WHEN a.bypass = 'masters' THEN 'masters'
                WHEN a.bypass = 'impersonation' THEN 'impersonation'
                WHEN a.bypass IS NOT NULL THEN 'other_bypass'
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
     WHERE u.about = 'access'
    UNION ALL
    SELECT b.at, b.why, b.engineer_id, b.resource_id, lower(b.resource_id COLLATE "C"), NULL, NULL, NULL, NULL, b.request_id,
           b.tenant_id, b.event_id, b.source, b.topic, b."partition", b."offset"
      FROM breach b;

UPDATE schema_version SET version = 97;

RESET ROLE;
