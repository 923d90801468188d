-- A report whose time is none holds up no judging: what is computed in a function's declarations is outside of its own EXCEPTION, and one
-- record of accesses.v1 with "performed_at": "never" stopped the judging of all of them.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- What is wrong with a record.
CREATE OR REPLACE FUNCTION breaches_of(e event) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    body jsonb;
    data jsonb;
    late interval;
BEGIN
    body := audit.event_body(e.raw);
    data := audit.event_content(e.raw);
    IF e.topic LIKE '%accesses.v1' THEN
        IF e.type = 'lockbox.access.performed.v1' THEN
            late := e.kafka_timestamp - (data ->> 'performed_at')::timestamptz;
        END IF;
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
    WHEN data_exception OR program_limit_exceeded THEN -- the read models call such a record unreadable
        RETURN;
END
$$;

UPDATE schema_version SET version = 137;

RESET ROLE;
