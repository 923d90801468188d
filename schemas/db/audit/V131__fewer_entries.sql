-- A record stands in those indexes alone that it is looked up by: a ticket's in one by its ticket, instead of two, and in none by a
-- request that it does not name. Whether a record belongs to an index is found out by what is NULL first, and by no regular expression.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

DROP INDEX event_ticket, event_of_ticket, event_to_request, event_of_tenant, event_role;
CREATE INDEX event_ticket ON event (ticket_id, event_id) WHERE ticket_id IS NOT NULL;
-- By words that no other statement has, the ends of decisions.v1 and tickets.v1: the planner would take this index for every decision of a
-- time.
CREATE INDEX event_to_request ON event (request_id, event_id)
 WHERE request_id IS NOT NULL AND right(topic, 10) IN ('cisions.v1', 'tickets.v1');
CREATE INDEX event_of_tenant ON event (tenant_id, event_id) WHERE tenant_id IS NOT NULL AND topic LIKE '%tenants.v1';
-- has_role alone has this word, so that whatever the planner knows of the rows, no other index answers it.
CREATE INDEX event_role ON event (tenant_id, role_of(raw))
 WHERE tenant_id IS NOT NULL AND type = 'lockbox.tenant.role_assigned.v1' AND topic ~ 'tenants\.v1$';

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
                    WHERE c.request_id = e.request_id AND c.event_id = cause
                      AND right(c.topic, 10) IN ('cisions.v1', 'tickets.v1'))
        OR EXISTS (SELECT FROM audit.event c
                    WHERE c.ticket_id = r ->> 'ticket_id' AND c.event_id = cause AND c.topic LIKE '%tickets.v1')
        OR EXISTS (SELECT FROM audit.event c
                    WHERE c.tenant_id = r ->> 'tenant_id' AND c.event_id = cause AND c.topic LIKE '%tenants.v1'
                      AND c.type LIKE 'lockbox.tenant.%');
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
                             AND right(c.topic, 10) IN ('cisions.v1', 'tickets.v1') AND c.topic LIKE '%decisions.v1') THEN
        RETURN QUERY SELECT 'state_without_cause', 'the decision is not on its topic';
    END IF;
EXCEPTION
    WHEN data_exception THEN -- the read models call such a record unreadable
        RETURN;
END
$$;

UPDATE schema_version SET version = 131;

RESET ROLE;
