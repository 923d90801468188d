-- What others wrote is read as Lockbox reads it. PostgreSQL rounds what stands behind a microsecond, knows no offset of 16 hours and no length of any
-- number of digits, and takes null for something that was said: requests and changes were named that nobody had altered, and late reports were not.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- RFC 3339: digits behind the microsecond are cut off, offsets go to 23:59. NULL: of another form.
CREATE FUNCTION moment_of(said text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    part CONSTANT text[] := regexp_match(said, '^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$');
    east CONSTANT interval := make_interval(hours => part[5]::integer, mins => part[6]::integer);
BEGIN
    RETURN (part[1] || ' ' || part[2] || coalesce(left(part[3], 7), '') || '+00')::timestamptz
           - CASE part[4] WHEN '+' THEN east WHEN '-' THEN -east ELSE interval '0' END;
END
$$;

-- ISO 8601: likewise, and what is longer than 10,000 days is one length, whatever it is.
CREATE FUNCTION length_of(said text) RETURNS interval LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    beyond CONSTANT interval := 'P10000DT1S';
    lasts interval;
BEGIN
    lasts := regexp_replace(said, '(\.\d{6})\d+S$', '\1S')::interval;
    RETURN CASE WHEN lasts > interval 'P10000D' THEN beyond ELSE lasts END;
EXCEPTION
    WHEN data_exception THEN -- so many digits
        RETURN beyond;
END
$$;

-- Whether a request is what its cause asks for.
CREATE OR REPLACE FUNCTION is_asked(wish jsonb, r jsonb, kind text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT audit.asked_items(wish -> 'actions') = audit.asked_items(r -> 'actions')
       AND wish ->> 'justification' IS NOT DISTINCT FROM r ->> 'justification'
       AND wish ->> 'reason_code' IS NOT DISTINCT FROM r ->> 'reason_code'
       AND wish ->> 'extends' IS NOT DISTINCT FROM r ->> 'extends'
       AND wish ->> 'incident_id' IS NOT DISTINCT FROM r ->> 'incident_id'
       AND wish #>> '{authorized_by,id}' IS NOT DISTINCT FROM r #>> '{authorized_by,id}'
       AND coalesce(audit.length_of(wish ->> 'duration') = (r ->> 'duration')::interval, wish ->> 'duration' IS NULL)
       AND CASE kind
           WHEN 'lockbox.request.created.v1' THEN audit.moment_of(wish ->> 'starts_at') IS NOT DISTINCT FROM (r ->> 'starts_at')::timestamptz
           WHEN 'lockbox.request.not_required.v1' THEN coalesce((r ->> 'starts_at')::timestamptz >= audit.moment_of(wish ->> 'starts_at'), true)
           ELSE true END
$$;

-- Who agreed, by the topic of decisions alone, and to what: without a list, to every item.
CREATE OR REPLACE FUNCTION approval_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    needed CONSTANT bigint := coalesce((r ->> 'approvals_needed')::bigint, 1);
    length CONSTANT interval := (r ->> 'expires_at')::timestamptz - (r ->> 'starts_at')::timestamptz;
    votes bigint;
    signatures bigint;
    shorter boolean;
    left_out text;
BEGIN
    -- A person may have that id; they have an address, too.
    IF r #>> '{decisions,0,by,id}' = 'policy' AND NOT r #> '{decisions,0,by}' ? 'email' AND (r ->> 'version')::bigint = 2 THEN
        RETURN QUERY SELECT 'approved_without_votes', 'the policy approves not all of it beforehand'
         WHERE NOT EXISTS (SELECT FROM audit.set_between(r ->> 'tenant_id', 'policy', r ->> 'subscription_id', (r ->> 'created_at')::timestamptz,
                                                         coalesce(e.kafka_timestamp, e.received_at)) AS p
                            WHERE audit.is_approved_by(p, r));
        RETURN;
    END IF;
    SELECT count(DISTINCT v.data #>> '{by,id}'),
           count(DISTINCT v.data #>> '{by,id}') FILTER (
               WHERE v.payload ->> 'digest' = r ->> 'digest' AND v.payload ->> 'request_id' = e.request_id AND v.payload ->> 'decision' = 'approve'
                 AND coalesce(v.payload ->> 'by', v.data #>> '{by,id}') = v.data #>> '{by,id}'),
           bool_or(audit.length_of(v.data ->> 'duration') < length),
           min(k.number) FILTER (WHERE jsonb_typeof(v.data -> 'actions') = 'array' AND NOT v.data -> 'actions' @> k.number::jsonb)
      INTO votes, signatures, shorter, left_out
      FROM audit.votes_for(e, cause, r) AS v, jsonb_array_elements_text(audit.kept_items(r)) AS k (number);
    IF votes < needed THEN
        RETURN QUERY SELECT 'approved_without_votes', format('%s of %s approvers are on the topic of decisions', votes, needed);
    ELSIF left_out IS NOT NULL THEN
        RETURN QUERY SELECT 'approved_without_votes', format('an approver left out item %s', left_out);
    ELSIF shorter THEN
        RETURN QUERY SELECT 'approved_without_votes', 'it is for longer than an approver agreed to';
    ELSIF (r ->> 'signed_decisions')::boolean AND signatures < needed THEN
        RETURN QUERY SELECT 'signature_missing', format('%s of %s decisions are signed for this digest', signatures, needed);
    END IF;
END
$$;

-- The members that count of a list of objects, whatever else they have; null is none.
CREATE FUNCTION listed(list jsonb, names text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg((SELECT jsonb_agg(a.item ->> n.name ORDER BY n.place) FROM unnest(names) WITH ORDINALITY AS n (name, place)) ORDER BY a.place), '[]')
      FROM jsonb_array_elements(CASE jsonb_typeof(list) WHEN 'array' THEN list ELSE '[]' END) WITH ORDINALITY AS a (item, place)
$$;

-- What requests are judged by, of what a tenant said and of what is told of it, in one form: the members that the change has.
DROP FUNCTION change_told(jsonb);
CREATE FUNCTION change_told(change text, data jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(data #>> '{by,id}', CASE WHEN change <> 'approver_key_set' THEN audit.folded(data ->> 'subscription_id') END, CASE
        WHEN change IN ('role_assigned', 'role_removed') THEN jsonb_build_array(data #>> '{principal,id}', data ->> 'role')
        WHEN change = 'approver_key_set' THEN jsonb_build_array(
            data ->> 'principal_id', data #>> '{public_key,x}', data #>> '{public_key,y}', data #> '{public_key,origins}')
        WHEN change = 'policy_set' THEN jsonb_build_array(
            coalesce((data ->> 'approvals_needed')::bigint, 1), coalesce((data ->> 'signed_decisions')::boolean, false),
            coalesce((data ->> 'exact_changes')::boolean, false), coalesce(data ->> 'emergency', 'allowed'), audit.length_of(data ->> 'max_duration'),
            audit.listed(data -> 'auto_approve', '{action,namespace,reason_code}'), audit.listed(data -> 'forbid', '{action,namespace,kind}')) END)
$$;

-- A role, key or policy that changed because a record of the tenant said so, as it said it, and once.
CREATE OR REPLACE FUNCTION tenant_breaches(e event, cause text, data jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    same CONSTANT boolean := (SELECT bool_or(audit.change_told(data ->> 'change', audit.event_content(c.raw)) = audit.change_told(data ->> 'change', data))
                                FROM audit.event c
                               WHERE c.tenant_id = data ->> 'tenant_id' AND c.event_id = cause AND c.topic LIKE '%tenants.v1'
                                 AND c.type = 'lockbox.tenant.' || (data ->> 'change') || '.v1');
BEGIN
    IF NOT coalesce(same, false) THEN
        RETURN QUERY SELECT 'state_without_cause', CASE WHEN same IS NULL THEN 'no record of the tenant says this'
                                                        ELSE 'it is told otherwise than the tenant said it' END;
    ELSIF EXISTS (SELECT FROM audit.event t
                   WHERE t.tenant_id = data ->> 'tenant_id' AND audit.cause_of(t.raw) = left(cause, 128) AND t.topic ~ 'events\.v1$'
                     AND t.type = 'lockbox.tenant.changed.v1' AND t.event_id <> e.event_id) THEN
        RETURN QUERY SELECT 'state_without_cause', 'its cause was told before';
    END IF;
END
$$;

-- What is wrong with a record.
CREATE OR REPLACE FUNCTION breaches_of(e event) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    body jsonb;
    data jsonb;
    late interval;
BEGIN
    body := audit.event_body(e.raw); -- here, not above: what is computed there is outside of EXCEPTION
    data := audit.event_content(e.raw);
    IF e.topic LIKE '%accesses.v1' THEN
        IF e.type = 'lockbox.access.performed.v1' THEN
            -- The data of a report in binary mode may look like a whole event: the earlier of two times counts.
            late := e.kafka_timestamp - least(audit.moment_of(data ->> 'performed_at'), audit.moment_of(body ->> 'performed_at'));
        END IF;
        -- What ended is told when it ended: the report that it began was to be in time.
        IF late > interval '5 minutes' AND (coalesce(data, body) ->> 'audit_id' IS NULL OR data ->> 'outcome' = 'begun') THEN
            RETURN QUERY SELECT 'reported_late', format('told %s after it was done', date_trunc('second', late));
        END IF;
    ELSIF e.type LIKE 'lockbox.request.%' AND data -> 'request' ->> 'request_id' = e.request_id THEN
        RETURN QUERY SELECT v.why, v.detail FROM audit.request_breaches(e, body ->> 'causationid', data -> 'request') AS v;
    ELSIF e.type = 'lockbox.tenant.changed.v1' AND data ->> 'tenant_id' = e.tenant_id THEN
        RETURN QUERY SELECT v.why, v.detail FROM audit.tenant_breaches(e, body ->> 'causationid', data) AS v;
    ELSIF e.type = 'lockbox.decision.judged.v1' AND data IS NOT NULL THEN
        RETURN QUERY SELECT 'state_without_cause', 'the decision is not on its topic'
         WHERE data ->> 'request_id' IS NOT NULL
           AND NOT EXISTS (SELECT FROM audit.event c
                            WHERE c.request_id = data ->> 'request_id' AND c.event_id = body ->> 'causationid'
                              AND right(c.topic, 10) IN ('cisions.v1', 'tickets.v1') AND c.topic LIKE '%decisions.v1');
    ELSIF e.type LIKE 'lockbox.request.%' OR e.type IN ('lockbox.tenant.changed.v1', 'lockbox.decision.judged.v1') THEN
        RETURN QUERY SELECT 'state_without_cause', 'it cannot be judged';
    END IF;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN -- a report that cannot be read is named where accesses are
        IF e.topic NOT LIKE '%accesses.v1' THEN
            RETURN QUERY SELECT 'state_without_cause', 'it cannot be judged';
        END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION moment_of, length_of, listed, change_told FROM PUBLIC;

UPDATE schema_version SET version = greatest(version, 177);

RESET ROLE;
