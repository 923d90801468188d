-- Records are judged in their order. The clock was read for each row, and by another host's clock a record comes before those behind it: a record
-- that was too young when it was looked at was left out for ever, where the next one was old enough.
-- What is missing is no excuse: a wish without items asked for whatever was made of it, and access without a beginning or a duration was for any time.
-- And a decision counted whose maker had lost the role that let them decide.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- What a record names may come some seconds after it. A record of a clock that is ahead holds up no other: what comes later is looked at again.
CREATE OR REPLACE FUNCTION judge_partition(the_topic text, the_partition integer, most integer) RETURNS integer LANGUAGE plpgsql
SET search_path = audit, pg_temp AS $$
DECLARE
    next bigint;
    e event;
    other event;
    breached record;
    looked integer := 0;
BEGIN
    SELECT j.next_offset INTO next FROM judged j WHERE j.topic = the_topic AND j."partition" = the_partition FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0; -- another auditor is at it
    END IF;
    FOR e IN SELECT v.* FROM event v
              WHERE v.topic = the_topic AND v."partition" = the_partition AND v."offset" >= next
              ORDER BY v."offset" LIMIT most
    LOOP
        EXIT WHEN e.received_at BETWEEN clock_timestamp() - interval '5 seconds' AND clock_timestamp() + interval '1 minute';
        looked := looked + 1;
        next := e."offset" + 1;
        CONTINUE WHEN e.type LIKE 'lockbox.notification.%' OR e.type IS NULL;
        FOR breached IN SELECT b.why, min(b.detail) AS detail FROM breaches_of(e) AS b GROUP BY b.why LOOP
            PERFORM record_breach(e, breached.why, breached.detail);
            CONTINUE WHEN breached.why <> 'version_twice';
            -- Nobody can say which of the two is the true one: the other may have been judged when it was alone.
            FOR other IN SELECT o.* FROM told_otherwise(e, (event_content(e.raw) #>> '{request,version}')::bigint) AS t
                           JOIN event o ON o.topic = t.topic AND o."partition" = t."partition" AND o."offset" = t."offset" LOOP
                PERFORM record_breach(other, 'version_twice', format('version %s is told by offset %s of %s/%s, too',
                                                                     event_content(e.raw) #>> '{request,version}', e."offset", e.topic, e."partition"));
            END LOOP;
        END LOOP;
    END LOOP;
    IF looked > 0 THEN
        UPDATE judged j SET next_offset = next WHERE j.topic = the_topic AND j."partition" = the_partition;
    END IF;
    RETURN looked;
END
$$;

CREATE OR REPLACE FUNCTION access_breaches(e event, r jsonb, opening jsonb, before jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    starts CONSTANT timestamptz := (r ->> 'starts_at')::timestamptz;
    expires CONSTANT timestamptz := (r ->> 'expires_at')::timestamptz;
    is_first CONSTANT boolean := (r ->> 'version')::bigint = 1;
BEGIN
    IF (expires - starts <= (r ->> 'duration')::interval) IS NOT TRUE AND expires IS NOT NULL THEN
        RETURN QUERY SELECT 'consent_changed', 'access lasts longer than was asked for';
    END IF;
    IF expires IS NOT NULL AND starts < greatest((r ->> 'created_at')::timestamptz,
            CASE WHEN opening ->> 'state' = 'customer_notified' THEN (opening ->> 'starts_at')::timestamptz END) THEN
        RETURN QUERY SELECT 'consent_changed', 'access begins before it was asked for';
    END IF;
    IF is_first OR before IS NULL THEN
        RETURN;
    END IF;
    IF e.type = 'lockbox.request.approved.v1' AND before ->> 'state' <> 'customer_notified' THEN
        RETURN QUERY SELECT 'state_without_cause', 'what is approved waited no more';
    ELSIF e.type <> 'lockbox.request.approved.v1' AND expires IS NOT NULL
          AND (before ->> 'expires_at' IS NULL OR expires > (before ->> 'expires_at')::timestamptz
               OR starts IS DISTINCT FROM (before ->> 'starts_at')::timestamptz) THEN
        RETURN QUERY SELECT 'state_without_cause', 'access that nothing opened';
    END IF;
    IF NOT audit.kept_items(r) <@ audit.kept_items(before) THEN
        RETURN QUERY SELECT 'consent_changed', 'an item that was left out is there again';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION wish_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    wish record;
BEGIN
    SELECT c.type, c.kafka_timestamp, audit.event_content(c.raw) AS data INTO wish
      FROM audit.event c
     WHERE c.ticket_id = r ->> 'ticket_id' AND c.event_id = cause AND c.topic LIKE '%tickets.v1'
       AND c.type IN ('lockbox.access.requested.v1', 'lockbox.access.emergency_declared.v1')
       AND audit.event_content(c.raw) ->> 'engineer_id' = r #>> '{engineer,id}'
       AND audit.event_content(c.raw) ->> 'resource_id' = r ->> 'resource_id'
     ORDER BY coalesce(audit.is_asked(audit.event_content(c.raw), r, e.type), false) DESC LIMIT 1;
    why := 'state_without_cause';
    IF NOT FOUND OR e.type NOT IN ('lockbox.request.created.v1', 'lockbox.request.refused.v1', 'lockbox.request.not_required.v1',
                                   'lockbox.request.emergency_started.v1') THEN
        detail := 'what it names as its cause is on no topic of input';
    ELSIF e.type = 'lockbox.request.emergency_started.v1' AND wish.type <> 'lockbox.access.emergency_declared.v1' THEN
        detail := 'nobody declared this emergency';
    ELSIF audit.is_asked(wish.data, r, e.type) IS NOT TRUE THEN
        detail := 'it asks for something else than its cause';
    ELSIF (r ->> 'created_at')::timestamptz < wish.kafka_timestamp - interval '5 minutes' THEN
        detail := 'it is made before its cause came';
    ELSIF EXISTS (SELECT FROM audit.request_version v WHERE v.caused_by = cause AND v.version = 1 AND v.request_id <> e.request_id) THEN
        detail := 'its cause made another request';
    END IF;
    IF detail IS NOT NULL THEN
        RETURN NEXT;
    END IF;
END
$$;

-- Whether a person had lost every role by which they might approve, when their decision came. Kafka's times are of two topics: five minutes are
-- between them at most, as between a report and what it tells.
CREATE FUNCTION has_no_role(r jsonb, id text, came timestamptz, published timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT bool_or(t.data ->> 'change' = 'role_removed') AND NOT bool_or(t.data ->> 'change' = 'role_assigned')
              FROM unnest('{owner,lockbox_approver}'::text[]) AS role,
                   audit.told_between(r ->> 'tenant_id', audit.role_key(role, r ->> 'subscription_id', id), came - interval '5 minutes', published, NULL) AS t)
           IS TRUE;
END
$$;
REVOKE EXECUTE ON FUNCTION has_no_role FROM PUBLIC;

DROP FUNCTION votes_for;
CREATE FUNCTION votes_for(e event, cause text, r jsonb) RETURNS TABLE (data jsonb, payload jsonb, ended boolean) LANGUAGE plpgsql STABLE AS $$
DECLARE
    it CONSTANT bigint := (r ->> 'version')::bigint;
    named text;
    came timestamptz;
BEGIN
    FOR named IN SELECT cause UNION
                 SELECT v.caused_by FROM audit.request_version v
                  WHERE v.request_id = e.request_id AND v.version < it AND v.version >= it - 100 AND v.type = 'lockbox.request.approval_recorded.v1'
    LOOP
        FOR data, came IN SELECT audit.event_content(c.raw), coalesce(c.kafka_timestamp, c.received_at) FROM audit.event c
                     WHERE c.request_id = e.request_id AND c.event_id = named
                       AND right(c.topic, 10) IN ('cisions.v1', 'tickets.v1') AND c.topic LIKE '%decisions.v1' LIMIT 20
        LOOP
            CONTINUE WHEN data ->> 'decision' IS DISTINCT FROM 'approve' OR data ->> 'request_id' IS DISTINCT FROM e.request_id
                          OR NOT jsonb_path_exists(r, '$.approvers[*] ? (@.principal.id == $id)', jsonb_build_object('id', data #> '{by,id}'));
            payload := audit.signed_payload(data);
            ended := audit.has_no_role(r, data #>> '{by,id}', came, coalesce(e.kafka_timestamp, e.received_at));
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION votes_for FROM PUBLIC;

CREATE OR REPLACE FUNCTION approval_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    needed CONSTANT bigint := coalesce((r ->> 'approvals_needed')::bigint, 1);
    length CONSTANT interval := (r ->> 'expires_at')::timestamptz - (r ->> 'starts_at')::timestamptz;
    votes bigint;
    signatures bigint;
    shorter boolean;
    left_out text;
    ended text;
BEGIN
    -- A person may have that id; they have an address, too.
    IF r #>> '{decisions,0,by,id}' = 'policy' AND NOT r #> '{decisions,0,by}' ? 'email' AND (r ->> 'version')::bigint = 2 THEN
        RETURN QUERY SELECT 'approved_without_votes', 'the policy approves not all of it beforehand'
         WHERE NOT EXISTS (SELECT FROM audit.set_between(r ->> 'tenant_id', 'policy', r ->> 'subscription_id', (r ->> 'created_at')::timestamptz,
                                                         coalesce(e.kafka_timestamp, e.received_at)) AS p
                            WHERE audit.is_approved_by(p, r));
        RETURN;
    END IF;
    SELECT count(DISTINCT v.data #>> '{by,id}') FILTER (WHERE NOT v.ended), min(v.data #>> '{by,id}') FILTER (WHERE v.ended),
           count(DISTINCT v.data #>> '{by,id}') FILTER (
               WHERE v.payload ->> 'digest' = r ->> 'digest' AND v.payload ->> 'request_id' = e.request_id AND v.payload ->> 'decision' = 'approve'
                 AND coalesce(v.payload ->> 'by', v.data #>> '{by,id}') = v.data #>> '{by,id}'),
           bool_or(audit.length_of(v.data ->> 'duration') < length),
           min(k.number) FILTER (WHERE jsonb_typeof(v.data -> 'actions') = 'array' AND NOT v.data -> 'actions' @> k.number::jsonb)
      INTO votes, ended, signatures, shorter, left_out
      FROM audit.votes_for(e, cause, r) AS v, jsonb_array_elements_text(audit.kept_items(r)) AS k (number);
    IF votes < needed THEN
        RETURN QUERY SELECT 'approved_without_votes', coalesce(ended || ' might not approve any more',
                                                               format('%s of %s approvers are on the topic of decisions', votes, needed));
    ELSIF left_out IS NOT NULL THEN
        RETURN QUERY SELECT 'approved_without_votes', format('an approver left out item %s', left_out);
    ELSIF shorter THEN
        RETURN QUERY SELECT 'approved_without_votes', 'it is for longer than an approver agreed to';
    ELSIF (r ->> 'signed_decisions')::boolean AND signatures < needed THEN
        RETURN QUERY SELECT 'signature_missing', format('%s of %s decisions are signed for this digest', signatures, needed);
    END IF;
END
$$;

UPDATE schema_version SET version = greatest(version, 183);

RESET ROLE;
