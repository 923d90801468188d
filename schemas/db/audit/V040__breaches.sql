-- What the events say against what the topics of input say: a record of events.v1 or accesses.v1 that cannot be what happened.
--
-- The auditor judges each such record some seconds after it came, by the records of every topic; a breach whose reason
-- comes late is taken back. The functions are the owner's: the auditor's login calls judge, and writes no breach.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

CREATE TABLE breach (
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    "offset"    bigint      NOT NULL,
    why         text        NOT NULL,
    detail      text        NOT NULL,
    at          timestamptz NOT NULL, -- Kafka's
    judged_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    looked_at   timestamptz NOT NULL DEFAULT clock_timestamp(), -- last
    event_id    text,
    source      text,
    request_id  text,
    engineer_id text,
    resource_id text,
    tenant_id   text,
    PRIMARY KEY (topic, "partition", "offset", why)
);
CREATE INDEX breach_at ON breach (at);
CREATE INDEX breach_request ON breach (request_id);
CREATE INDEX breach_judged ON breach (judged_at);
CREATE INDEX breach_looked ON breach (looked_at);

-- How far each partition is judged.
CREATE TABLE judged (
    topic       text    NOT NULL,
    "partition" integer NOT NULL,
    next_offset bigint  NOT NULL,
    PRIMARY KEY (topic, "partition")
) WITH (fillfactor = 50);

-- What a tenant said or was told.
CREATE INDEX event_of_tenant ON event (tenant_id) WHERE type LIKE 'lockbox.tenant.%';

-- ---- what is read of a record ----

-- A structured event; NULL where it is none.
CREATE FUNCTION event_body(raw bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(raw, 'UTF8')::jsonb;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
END
$$;

-- data of an event in either mode.
CREATE FUNCTION event_content(raw bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    body CONSTANT jsonb := audit.event_body(raw);
BEGIN
    RETURN CASE WHEN body ? 'specversion' THEN body -> 'data' ELSE body END;
END
$$;

-- A field that a digest is made of: the length (4 bytes), then UTF-8; ffffffff where it is absent.
CREATE FUNCTION digest_field(field text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(int4send(octet_length(convert_to(field, 'UTF8'))) || convert_to(field, 'UTF8'), '\xffffffff')
$$;

-- The digest of what consent is given to, by docs/signatures.md, of the request as its first event has it.
CREATE FUNCTION consent_digest(r jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256((SELECT string_agg(audit.digest_field(f.it), '' ORDER BY f.place)
      FROM (
        SELECT m.it, m.place FROM unnest(ARRAY[
                r ->> 'request_id', r ->> 'tenant_id', r ->> 'subscription_id', r ->> 'ticket_id', r #>> '{engineer,id}',
                r #>> '{engineer,email}', r #>> '{engineer,organization}', r ->> 'resource_id',
                jsonb_array_length(r -> 'actions')::text]) WITH ORDINALITY AS m (it, place)
        UNION ALL
        SELECT m.it, 100 + a.number * 10 + m.place
          FROM jsonb_array_elements(r -> 'actions') WITH ORDINALITY AS a (item, number)
         CROSS JOIN unnest(ARRAY[a.item ->> 'number', a.item ->> 'action', a.item ->> 'namespace', a.item ->> 'kind',
                                 a.item ->> 'name']) WITH ORDINALITY AS m (it, place)
        UNION ALL
        SELECT m.it, 1000 + m.place FROM unnest(ARRAY[
                r ->> 'justification', r ->> 'reason_code', r ->> 'duration', r ->> 'starts_at', r ->> 'decide_by'])
               WITH ORDINALITY AS m (it, place)
        UNION ALL
        SELECT m.it, 1100 + a.number * 10 + m.place
          FROM jsonb_array_elements(r -> 'actions') WITH ORDINALITY AS a (item, number)
         CROSS JOIN unnest(ARRAY[a.item ->> 'container', a.item ->> 'uid', NULL, NULL, NULL, NULL]) WITH ORDINALITY AS m (it, place)
         WHERE (r ->> 'digest_version')::integer >= 2
        UNION ALL
        SELECT m.it, 2000 + m.place
          FROM unnest(ARRAY[r ->> 'approvals_needed', coalesce(r ->> 'signed_decisions', 'false')]) WITH ORDINALITY AS m (it, place)
         WHERE (r ->> 'digest_version')::integer >= 2
      ) AS f)), 'hex')
$$;

-- The part of a request that no version changes.
CREATE FUNCTION consent_part(r jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_array(r -> 'tenant_id', r -> 'subscription_id', r -> 'ticket_id', r -> 'engineer', r -> 'resource_id',
               r -> 'justification', r -> 'reason_code', r -> 'duration', r -> 'created_at', r -> 'approvals_needed', r -> 'signed_decisions',
               r -> 'approvers', r -> 'digest', r -> 'digest_version',
               (SELECT jsonb_agg(item - 'kept') FROM jsonb_array_elements(r -> 'actions') AS item))
$$;

-- What a JWS or an assertion says that it is over; NULL where it says nothing that can be read.
CREATE FUNCTION signed_payload(decision jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    text64 CONSTANT text := translate(coalesce(split_part(decision ->> 'signature', '.', 2), decision #>> '{assertion,payload}'), '-_', '+/');
BEGIN
    RETURN audit.event_body(decode(rpad(text64, (length(text64) + 3) / 4 * 4, '='), 'base64'));
EXCEPTION
    WHEN data_exception THEN
        RETURN NULL;
END
$$;

-- ---- what a record has to be ----

-- The version of a request that a record tells.
CREATE FUNCTION version_breaches(e event, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    it CONSTANT bigint := (r ->> 'version')::bigint;
    other event;
    opening jsonb;
BEGIN
    -- In whichever partition: request_version has the one that stands first, which may be the forged one.
    SELECT o.* INTO other
      FROM audit.event o
     WHERE o.request_id = e.request_id AND o.topic = e.topic AND o.type LIKE 'lockbox.request.%'
       AND (o."partition", o."offset") <> (e."partition", e."offset") AND o.raw IS DISTINCT FROM e.raw
       AND audit.event_content(o.raw) #>> '{request,version}' = it::text
     LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT 'version_twice', format('version %s is told by offset %s of %s/%s, too', it, other."offset", other.topic, other."partition");
    END IF;
    IF it > 1 AND NOT EXISTS (SELECT FROM audit.request_version v WHERE v.request_id = e.request_id AND v.version = it - 1) THEN
        RETURN QUERY SELECT 'version_gap', format('version %s without version %s', it, it - 1);
    END IF;
    IF it = 1 THEN
        -- Content is hashed in canonical JSON (RFC 8785), which the database has not.
        IF r ? 'digest' AND NOT jsonb_path_exists(r, '$.actions[*].content') AND audit.consent_digest(r) IS DISTINCT FROM r ->> 'digest' THEN
            RETURN QUERY SELECT 'consent_changed', 'the request is not what its digest says';
        END IF;
        RETURN;
    END IF;
    SELECT audit.event_content(o.raw) -> 'request' INTO opening
      FROM audit.request_version v
      JOIN audit.event o ON o.topic = v.topic AND o."partition" = v."partition" AND o."offset" = v."offset"
     WHERE v.request_id = e.request_id AND v.version = 1;
    IF audit.consent_part(opening) <> audit.consent_part(r) THEN
        RETURN QUERY SELECT 'consent_changed', 'the request is not what its first version says';
    END IF;
END
$$;

-- Who agreed, by the topic of decisions alone.
CREATE FUNCTION approval_breaches(e event, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    needed CONSTANT bigint := coalesce((r ->> 'approvals_needed')::bigint, 1);
    subscription CONSTANT text := r ->> 'subscription_id';
    votes bigint;
    signatures bigint;
BEGIN
    IF r #>> '{decisions,0,by,id}' = 'policy' AND (r ->> 'version')::bigint = 2 THEN
        IF NOT EXISTS (SELECT FROM audit.event p
                        WHERE p.tenant_id = r ->> 'tenant_id' AND p.type = 'lockbox.tenant.policy_set.v1' AND p.topic LIKE '%tenants.v1'
                          AND lower(p.subscription_id COLLATE "C") = lower(subscription COLLATE "C")
                          AND jsonb_array_length(audit.event_content(p.raw) -> 'auto_approve') > 0) THEN
            RETURN QUERY SELECT 'approved_without_votes', 'no policy of the subscription approves anything beforehand';
        END IF;
        RETURN;
    END IF;
    SELECT count(DISTINCT d.data #>> '{by,id}'),
           count(DISTINCT d.data #>> '{by,id}') FILTER (
               WHERE s.payload ->> 'digest' = r ->> 'digest' AND s.payload ->> 'request_id' = e.request_id AND s.payload ->> 'decision' = 'approve'
                 AND coalesce(s.payload ->> 'by', d.data #>> '{by,id}') = d.data #>> '{by,id}')
      INTO votes, signatures
      FROM (SELECT audit.event_content(c.raw) AS data
              FROM audit.event c
             WHERE c.request_id = e.request_id AND c.topic LIKE '%decisions.v1') AS d,
           LATERAL (SELECT audit.signed_payload(d.data) AS payload) AS s
     WHERE d.data ->> 'decision' = 'approve' AND d.data ->> 'request_id' = e.request_id
       AND jsonb_path_exists(r, '$.approvers[*] ? (@.principal.id == $id)', jsonb_build_object('id', d.data #> '{by,id}'));
    IF votes < needed THEN
        RETURN QUERY SELECT 'approved_without_votes', format('%s of %s approvers are on the topic of decisions', votes, needed);
    ELSIF (r ->> 'signed_decisions')::boolean AND signatures < needed THEN
        RETURN QUERY SELECT 'signature_missing', format('%s of %s decisions are signed for this digest', signatures, needed);
    END IF;
END
$$;

-- The record on a topic of input that made a request's event.
CREATE FUNCTION has_cause(e event, cause text, r jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ -- it keeps its plans
BEGIN
    IF cause IS NULL THEN
        RETURN e.type IN ('lockbox.request.expired.v1', 'lockbox.request.completed.v1', 'lockbox.request.reminder_due.v1',
                          'lockbox.request.unacknowledged.v1');
    END IF;
    IF (r ->> 'version')::bigint = 1 THEN
        RETURN EXISTS (SELECT FROM audit.event c
                        WHERE c.ticket_id = r ->> 'ticket_id' AND c.topic LIKE '%tickets.v1' AND c.event_id = cause
                          AND c.type IN ('lockbox.access.requested.v1', 'lockbox.access.emergency_declared.v1')
                          AND audit.event_content(c.raw) ->> 'engineer_id' = r #>> '{engineer,id}'
                          AND audit.event_content(c.raw) ->> 'resource_id' = r ->> 'resource_id');
    END IF;
    RETURN EXISTS (SELECT FROM audit.event c
                    WHERE c.request_id = e.request_id AND c.event_id = cause
                      AND (c.topic LIKE '%decisions.v1' OR c.topic LIKE '%tickets.v1'))
        OR EXISTS (SELECT FROM audit.event c
                    WHERE c.ticket_id = r ->> 'ticket_id' AND c.event_id = cause AND c.topic LIKE '%tickets.v1')
        OR EXISTS (SELECT FROM audit.event c
                    WHERE c.tenant_id = r ->> 'tenant_id' AND c.type LIKE 'lockbox.tenant.%' AND c.event_id = cause
                      AND c.topic LIKE '%tenants.v1');
END
$$;

-- Somebody who is named as an approver, and whom no record of the tenant gave a role.
CREATE FUNCTION made_up_approver(r jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    given CONSTANT text[] := ARRAY(SELECT audit.event_content(c.raw) #>> '{principal,id}' FROM audit.event c
                                    WHERE c.tenant_id = r ->> 'tenant_id' AND c.type = 'lockbox.tenant.role_assigned.v1'
                                      AND c.topic LIKE '%tenants.v1');
BEGIN
    RETURN (SELECT min(p #>> '{principal,id}') FROM jsonb_array_elements(r -> 'approvers') AS p
             WHERE NOT coalesce(p #>> '{principal,id}' = ANY (given), false));
END
$$;

CREATE FUNCTION request_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    subscription CONSTANT text := r ->> 'subscription_id';
    made_up text;
    owner_id text;
BEGIN
    RETURN QUERY SELECT v.why, v.detail FROM audit.version_breaches(e, r) AS v;
    IF e.type = 'lockbox.request.approved.v1' THEN
        RETURN QUERY SELECT v.why, v.detail FROM audit.approval_breaches(e, r) AS v;
    END IF;
    IF NOT audit.has_cause(e, cause, r) THEN
        RETURN QUERY SELECT 'state_without_cause', 'what it names as its cause is on no topic of input';
    END IF;
    IF (r ->> 'version')::bigint > 1 THEN
        RETURN;
    END IF;
    made_up := audit.made_up_approver(r);
    IF made_up IS NOT NULL THEN
        RETURN QUERY SELECT 'state_without_cause', format('nobody made %s an approver', made_up);
    END IF;
    SELECT CASE WHEN o.owned THEN o.tenant_id END INTO owner_id
      FROM audit.subscription_owner o
     WHERE o.subscription_id = lower(subscription COLLATE "C") AND o.at <= (r ->> 'created_at')::timestamptz
     ORDER BY o.at DESC, o.event_id DESC LIMIT 1;
    IF r ->> 'tenant_id' IS DISTINCT FROM owner_id THEN
        RETURN QUERY SELECT 'tenant_mismatch', format('the subscription is of %s', coalesce('tenant ' || owner_id, 'no tenant'));
    END IF;
END
$$;

-- A role, key or policy that changed because a record of the tenant said so.
CREATE FUNCTION tenant_breaches(e event, cause text, data jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT 'state_without_cause', 'no record of the tenant says this'
     WHERE NOT EXISTS (SELECT FROM audit.event c
                        WHERE c.tenant_id = data ->> 'tenant_id' AND c.type LIKE 'lockbox.tenant.%' AND c.topic LIKE '%tenants.v1' AND c.event_id = cause
                          AND c.type = 'lockbox.tenant.' || (data ->> 'change') || '.v1'
                          AND audit.event_content(c.raw) #>> '{principal,id}' IS NOT DISTINCT FROM data #>> '{principal,id}');
END
$$;

-- What is wrong with a record.
CREATE FUNCTION breaches_of(e event) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
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
                           WHERE c.request_id = data ->> 'request_id' AND c.topic LIKE '%decisions.v1' AND c.event_id = body ->> 'causationid') THEN
        RETURN QUERY SELECT 'state_without_cause', 'the decision is not on its topic';
    END IF;
EXCEPTION
    WHEN data_exception THEN -- the read models call such a record unreadable
        RETURN;
END
$$;

-- ---- judging ----

-- Records of a partition that came some seconds ago and are not judged yet: how many there were.
CREATE FUNCTION judge_partition(the_topic text, the_partition integer, most integer) RETURNS integer LANGUAGE plpgsql
SET search_path = audit, pg_temp AS $$
DECLARE
    next bigint;
    e event;
    looked integer := 0;
BEGIN
    SELECT j.next_offset INTO next FROM judged j WHERE j.topic = the_topic AND j."partition" = the_partition FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0; -- another auditor is at it
    END IF;
    FOR e IN SELECT v.* FROM event v
              WHERE v.topic = the_topic AND v."partition" = the_partition AND v."offset" >= next
                AND v.received_at < clock_timestamp() - interval '5 seconds'
              ORDER BY v."offset" LIMIT most
    LOOP
        looked := looked + 1;
        next := e."offset" + 1;
        CONTINUE WHEN e.type LIKE 'lockbox.notification.%' OR e.type IS NULL;
        INSERT INTO breach (topic, "partition", "offset", why, detail, at, event_id, source, request_id, engineer_id, resource_id, tenant_id)
        SELECT e.topic, e."partition", e."offset", b.why, min(b.detail), coalesce(e.kafka_timestamp, e.received_at), e.event_id, e.source, e.request_id,
               CASE WHEN e.topic LIKE '%accesses.v1' THEN e.actor ELSE r.engineer_id END,
               coalesce(r.resource_id, CASE WHEN e.topic LIKE '%accesses.v1' THEN event_content(e.raw) ->> 'resource_id' END), e.tenant_id
          FROM breaches_of(e) AS b
          LEFT JOIN request_state r ON r.request_id = e.request_id
         GROUP BY b.why, r.engineer_id, r.resource_id
        ON CONFLICT DO NOTHING;
    END LOOP;
    IF looked > 0 THEN
        UPDATE judged j SET next_offset = next WHERE j.topic = the_topic AND j."partition" = the_partition;
    END IF;
    RETURN looked;
END
$$;

-- Takes back what has its reason after all: the record that it lacked came within the hour. Some at a time, those first that
-- were not looked at for longest.
CREATE FUNCTION judge_again(most integer) RETURNS bigint LANGUAGE plpgsql
SET search_path = audit, pg_temp AS $$
DECLARE
    b breach;
    resolved bigint := 0;
BEGIN
    FOR b IN SELECT it.* FROM breach it
              WHERE it.judged_at > clock_timestamp() - interval '1 hour' AND it.looked_at < clock_timestamp() - interval '5 seconds'
              ORDER BY it.looked_at LIMIT most FOR UPDATE SKIP LOCKED
    LOOP
        IF EXISTS (SELECT FROM event e, breaches_of(e) AS found
                    WHERE e.topic = b.topic AND e."partition" = b."partition" AND e."offset" = b."offset" AND found.why = b.why) THEN
            UPDATE breach it SET looked_at = clock_timestamp()
             WHERE (it.topic, it."partition", it."offset", it.why) = (b.topic, b."partition", b."offset", b.why);
        ELSE
            DELETE FROM breach it WHERE (it.topic, it."partition", it."offset", it.why) = (b.topic, b."partition", b."offset", b.why);
            resolved := resolved + 1;
        END IF;
    END LOOP;
    RETURN resolved;
END
$$;

-- Judges up to most records, and as many recent breaches again.
CREATE FUNCTION judge(most integer) RETURNS TABLE (looked bigint, breaches bigint, resolved bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    began CONSTANT timestamptz := clock_timestamp();
    behind record;
BEGIN
    INSERT INTO judged SELECT l.topic, l."partition", l.base FROM log l
     WHERE l.topic LIKE '%events.v1' OR l.topic LIKE '%accesses.v1'
    ON CONFLICT DO NOTHING;
    looked := 0;
    FOR behind IN SELECT j.topic, j."partition"
                    FROM judged j
                    JOIN log l ON l.topic = j.topic AND l."partition" = j."partition" AND l.base + l.size > j.next_offset
                   ORDER BY random() -- a partition without end holds up no other
    LOOP
        looked := looked + judge_partition(behind.topic, behind."partition", most - looked::integer);
        EXIT WHEN looked >= most;
    END LOOP;
    SELECT count(*) INTO breaches FROM breach b WHERE b.judged_at >= began;
    resolved := judge_again(most);
    RETURN NEXT;
END
$$;

-- ---- the view ----

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
     WHERE u.about = 'access'
    UNION ALL
    SELECT b.at, b.why, b.engineer_id, b.resource_id, lower(b.resource_id COLLATE "C"), NULL, NULL, NULL, NULL, b.request_id,
           b.tenant_id, b.event_id, b.source, b.topic, b."partition", b."offset"
      FROM breach b;

ALTER TABLE breach ENABLE ROW LEVEL SECURITY;
CREATE POLICY every_tenant ON breach FOR SELECT TO lockbox_auditor USING (true);
CREATE POLICY own_tenant ON breach FOR SELECT TO lockbox_tenant_auditor
    USING (tenant_id = ANY (ARRAY(SELECT b.tenant_id FROM audit.tenant_binding b)));
CREATE POLICY narrowed ON breach AS RESTRICTIVE FOR SELECT USING (
    tenant_id = ALL (ARRAY(SELECT b.tenant_id FROM audit.tenant_binding b))
    AND ((SELECT audit.chosen_tenant()) IS NULL OR tenant_id = (SELECT audit.chosen_tenant())));

REVOKE EXECUTE ON FUNCTION event_body, event_content, digest_field, consent_digest, consent_part, signed_payload, version_breaches,
    approval_breaches, has_cause, made_up_approver, request_breaches, tenant_breaches, breaches_of, judge_partition, judge_again, judge
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION judge TO lockbox_audit_writer;
GRANT SELECT ON breach, judged TO lockbox_audit_writer, lockbox_auditor;
GRANT SELECT ON breach TO lockbox_tenant_auditor;

UPDATE schema_version SET version = 40;

RESET ROLE;
