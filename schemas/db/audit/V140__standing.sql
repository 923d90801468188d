-- What the customer had set when a request came is what it is judged by: Lockbox on or off, the policy, each approver's role, as the
-- tenant's records say. A request is what its cause asks for, each cause makes one; access is what was asked for, and agreed to.
-- Each is looked up: however many records a tenant or a request has, a record is judged by as many.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- ---- what took effect, and when ----

-- An id as it is compared: without case, which folds A to Z alone.
CREATE FUNCTION folded(id text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(id COLLATE "C")
$$;

-- A role's: the tenant's administrators are of no subscription.
CREATE FUNCTION role_key(role text, subscription text, id text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(format('role %s %s %s', role, CASE WHEN role <> 'global_administrator' THEN lower(subscription COLLATE "C") END, id), 400)
$$;

-- What a change is of: the last one of that name is in force. NULL: nothing that requests are judged by.
CREATE FUNCTION change_key(data jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(CASE
        WHEN data ->> 'change' IN ('lockbox_enabled', 'lockbox_disabled') THEN 'lockbox ' || audit.folded(data ->> 'subscription_id')
        WHEN data ->> 'change' = 'policy_set' THEN 'policy ' || audit.folded(data ->> 'subscription_id')
        WHEN data ->> 'change' = 'subscription_removed' THEN 'removed ' || audit.folded(data ->> 'subscription_id')
        WHEN data ->> 'change' IN ('role_assigned', 'role_removed')
            THEN audit.role_key(data ->> 'role', data ->> 'subscription_id', data #>> '{principal,id}') END, 400)
$$;

-- Of a tenant.changed: what it is of, when it took effect, and which record it answers. An index takes no more than 2,704 bytes.
CREATE FUNCTION told_of(raw bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT audit.change_key(audit.event_content(raw))
$$;
CREATE FUNCTION told_at(raw bytea) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    at CONSTANT text := audit.event_content(raw) ->> 'at';
BEGIN
    RETURN CASE WHEN at ~ '(Z|[+-]\d\d:\d\d)$' THEN at::timestamptz END; -- by no session's time zone
EXCEPTION
    WHEN data_exception THEN
        RETURN NULL;
END
$$;
CREATE FUNCTION cause_of(raw bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(audit.event_body(raw) ->> 'causationid', 128)
$$;
CREATE INDEX event_told ON event (tenant_id, told_of(raw), told_at(raw)) WHERE tenant_id IS NOT NULL AND type = 'lockbox.tenant.changed.v1' AND topic ~ 'events\.v1$';
CREATE INDEX event_told_for ON event (tenant_id, cause_of(raw)) WHERE tenant_id IS NOT NULL AND type = 'lockbox.tenant.changed.v1' AND topic ~ 'events\.v1$';
CREATE INDEX request_version_cause ON request_version (caused_by) WHERE version = 1;

-- The changes of months that were detached: roles and policies are in force for years.
CREATE TABLE kept_change (
    tenant_id    text        NOT NULL,
    told_of      text        NOT NULL,
    told_at      timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    data         jsonb       NOT NULL
);
CREATE INDEX kept_change_told ON kept_change (tenant_id, told_of, told_at);
COMMENT ON TABLE kept_change IS 'What tenants changed in months that were detached: requests are judged by it still';
COMMENT ON COLUMN kept_change.tenant_id IS 'the tenant';
COMMENT ON COLUMN kept_change.told_of IS 'what it is of: lockbox, policy, removed or role, and whose';
COMMENT ON COLUMN kept_change.told_at IS 'when it came, by Kafka''s clock';
COMMENT ON COLUMN kept_change.published_at IS 'when Kafka had what was told of it: it was in force then';
COMMENT ON COLUMN kept_change.data IS 'data of the tenant.changed';

-- The changes of that name of which one was in force when a request was made. That was between when its wish came and when Kafka had what
-- was told of it; partitions may lag behind each other. A change was in force at some time then, unless the next one was told before the wish
-- came. The newest first; `after`: those of that time or before are none. The collation is the indexes': a parameter has its argument's.
CREATE FUNCTION told_between(the_tenant text, the_key text, came timestamptz, published timestamptz, after timestamptz)
RETURNS TABLE (at timestamptz, published_at timestamptz, data jsonb) LANGUAGE plpgsql STABLE AS $$
BEGIN
    FOR at, published_at, data IN
        SELECT * FROM (
            (SELECT audit.told_at(e.raw) AS at, coalesce(e.kafka_timestamp, e.received_at), audit.event_content(e.raw)
               FROM audit.event e
              WHERE e.tenant_id = the_tenant COLLATE "default" AND audit.told_of(e.raw) = the_key COLLATE "default" AND audit.told_at(e.raw) <= published
                AND e.topic ~ 'events\.v1$' AND e.type = 'lockbox.tenant.changed.v1'
              ORDER BY audit.told_at(e.raw) DESC LIMIT 20)
            UNION ALL
            (SELECT k.told_at, k.published_at, k.data
               FROM audit.kept_change k
              WHERE k.tenant_id = the_tenant COLLATE "default" AND k.told_of = the_key COLLATE "default" AND k.told_at <= published
              ORDER BY k.told_at DESC LIMIT 20)) AS told
         ORDER BY told.at DESC LIMIT 20
    LOOP
        EXIT WHEN at <= after;
        RETURN NEXT;
        EXIT WHEN published_at <= came;
    END LOOP;
END
$$;

-- The same of a subscription, which begins anew after its removal; NULL: nothing was set.
CREATE FUNCTION set_between(the_tenant text, what text, subscription text, came timestamptz, published timestamptz) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    removal record;
    removed timestamptz;
    told record;
    settled boolean := false;
BEGIN
    FOR removal IN SELECT * FROM audit.told_between(the_tenant, 'removed ' || lower(subscription COLLATE "C"), came, published, NULL) LOOP
        removed := CASE WHEN removal.published_at <= came THEN removal.at END;
        IF removed IS NULL THEN
            RETURN NEXT NULL::jsonb; -- it may have been removed then
        END IF;
    END LOOP;
    FOR told IN SELECT * FROM audit.told_between(the_tenant, what || ' ' || lower(subscription COLLATE "C"), came, published, removed) LOOP
        RETURN NEXT told.data;
        settled := told.published_at <= came;
    END LOOP;
    IF NOT settled THEN
        RETURN NEXT NULL::jsonb;
    END IF;
END
$$;

-- ---- what a request has to be ----

-- The first thing in which a request asks less than a policy.
CREATE FUNCTION policy_breach(kind text, r jsonb, policy jsonb, OUT why text, OUT detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    item jsonb;
BEGIN
    why := 'state_without_cause';
    IF kind = 'lockbox.request.emergency_started.v1' AND policy ->> 'emergency' = 'never' THEN
        detail := 'the policy has no emergencies';
    ELSIF kind = 'lockbox.request.created.v1'
          AND coalesce((r ->> 'approvals_needed')::bigint, 1) < coalesce((policy ->> 'approvals_needed')::bigint, 1) THEN
        detail := format('%s approvals are asked for, where the policy asks for %s', coalesce(r ->> 'approvals_needed', '1'), policy ->> 'approvals_needed');
    ELSIF (policy ->> 'signed_decisions')::boolean AND NOT coalesce((r ->> 'signed_decisions')::boolean, false) THEN
        why := 'signature_missing';
        detail := 'unsigned decisions count, where the policy takes none';
    ELSIF (r ->> 'duration')::interval > (policy ->> 'max_duration')::interval THEN
        detail := 'it is for longer than the policy allows';
    END IF;
    FOR item IN SELECT * FROM jsonb_array_elements(CASE WHEN detail IS NULL THEN r -> 'actions' ELSE '[]' END) LOOP
        IF (policy ->> 'exact_changes')::boolean AND item ->> 'action' IN ('create_object', 'update_object') AND NOT item ? 'content' THEN
            detail := format('item %s has no content, where the policy asks for it', item ->> 'number');
        ELSIF EXISTS (SELECT FROM jsonb_array_elements(policy -> 'forbid') AS f (it)
                       WHERE coalesce(f.it ->> 'action' = item ->> 'action', true)
                         AND (f.it ->> 'namespace' IS NULL OR item ->> 'action' = 'list_or_get_objects' AND item ->> 'namespace' IS NULL
                              OR f.it ->> 'namespace' = item ->> 'namespace')
                         AND (f.it ->> 'kind' IS NULL OR f.it ->> 'kind' = item ->> 'kind'
                              OR f.it ->> 'kind' LIKE '*.%' AND substr(f.it ->> 'kind', 3) = substr(item ->> 'kind', strpos(item ->> 'kind', '.') + 1)
                                 AND strpos(item ->> 'kind', '.') > 0)) THEN
            detail := format('item %s is one that the policy forbids', item ->> 'number');
        END IF;
        EXIT WHEN detail IS NOT NULL;
    END LOOP;
    IF detail IS NULL THEN
        why := NULL;
    END IF;
END
$$;

-- A request that asks somebody, or nobody, as the customer had set it.
CREATE FUNCTION standing_breaches(e event, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    came CONSTANT timestamptz := (r ->> 'created_at')::timestamptz;
    published CONSTANT timestamptz := coalesce(e.kafka_timestamp, e.received_at);
    policy jsonb;
BEGIN
    IF e.type = 'lockbox.request.not_required.v1' THEN
        RETURN QUERY SELECT 'state_without_cause', 'Lockbox is on for the subscription'
         WHERE NOT EXISTS (SELECT FROM audit.set_between(r ->> 'tenant_id', 'lockbox', r ->> 'subscription_id', came, published) AS it
                            WHERE it ->> 'change' IS DISTINCT FROM 'lockbox_enabled');
    ELSIF e.type IN ('lockbox.request.created.v1', 'lockbox.request.emergency_started.v1') THEN
        FOR policy IN SELECT * FROM audit.set_between(r ->> 'tenant_id', 'policy', r ->> 'subscription_id', came, published) LOOP
            SELECT b.why, b.detail INTO why, detail FROM audit.policy_breach(e.type, r, policy) AS b;
            EXIT WHEN why IS NULL;
        END LOOP;
        IF why IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END IF;
END
$$;

-- An item as it is asked for: what Lockbox reads of it.
CREATE FUNCTION asked_items(actions jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_agg(jsonb_build_array(a.item ->> 'action', a.item ->> 'namespace', a.item ->> 'kind', a.item ->> 'name', a.item ->> 'container',
                                       a.item ->> 'uid', a.item #>> '{content,api_version}', a.item #>> '{content,digest}',
                                       a.item #>> '{content,previous_digest}', a.item #> '{content,changes}') ORDER BY a.place)
      FROM jsonb_array_elements(actions) WITH ORDINALITY AS a (item, place)
$$;

-- Whether a request is what its cause asks for.
CREATE FUNCTION is_asked(wish jsonb, r jsonb, kind text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT audit.asked_items(wish -> 'actions') = audit.asked_items(r -> 'actions')
       AND wish ->> 'justification' IS NOT DISTINCT FROM r ->> 'justification'
       AND wish ->> 'reason_code' IS NOT DISTINCT FROM r ->> 'reason_code'
       AND wish ->> 'extends' IS NOT DISTINCT FROM r ->> 'extends'
       AND wish ->> 'incident_id' IS NOT DISTINCT FROM r ->> 'incident_id'
       AND wish #>> '{authorized_by,id}' IS NOT DISTINCT FROM r #>> '{authorized_by,id}'
       AND coalesce((wish ->> 'duration')::interval = (r ->> 'duration')::interval, wish ->> 'duration' IS NULL)
       AND CASE kind
           WHEN 'lockbox.request.created.v1' THEN (wish ->> 'starts_at')::timestamptz IS NOT DISTINCT FROM (r ->> 'starts_at')::timestamptz
           WHEN 'lockbox.request.not_required.v1' THEN coalesce((r ->> 'starts_at')::timestamptz >= (wish ->> 'starts_at')::timestamptz, true)
           ELSE true END
$$;

-- What made a request's first version.
CREATE FUNCTION wish_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    wish record;
BEGIN
    SELECT c.type, c.kafka_timestamp, audit.event_content(c.raw) AS data INTO wish
      FROM audit.event c
     WHERE c.ticket_id = r ->> 'ticket_id' AND c.event_id = cause AND c.topic LIKE '%tickets.v1'
       AND c.type IN ('lockbox.access.requested.v1', 'lockbox.access.emergency_declared.v1')
       AND audit.event_content(c.raw) ->> 'engineer_id' = r #>> '{engineer,id}'
       AND audit.event_content(c.raw) ->> 'resource_id' = r ->> 'resource_id'
     ORDER BY audit.is_asked(audit.event_content(c.raw), r, e.type) DESC LIMIT 1;
    why := 'state_without_cause';
    IF NOT FOUND OR e.type NOT IN ('lockbox.request.created.v1', 'lockbox.request.refused.v1', 'lockbox.request.not_required.v1',
                                   'lockbox.request.emergency_started.v1') THEN
        detail := 'what it names as its cause is on no topic of input';
    ELSIF e.type = 'lockbox.request.emergency_started.v1' AND wish.type <> 'lockbox.access.emergency_declared.v1' THEN
        detail := 'nobody declared this emergency';
    ELSIF NOT audit.is_asked(wish.data, r, e.type) THEN
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

-- The record that made another version of a request.
CREATE OR REPLACE FUNCTION has_cause(e event, cause text, r jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ -- it keeps its plans
BEGIN
    IF cause IS NULL THEN
        RETURN e.type IN ('lockbox.request.expired.v1', 'lockbox.request.completed.v1', 'lockbox.request.reminder_due.v1',
                          'lockbox.request.unacknowledged.v1');
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

-- The numbers of the items that a version keeps.
CREATE FUNCTION kept_items(r jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(item -> 'number') FILTER (WHERE (item ->> 'kept')::boolean), '[]') FROM jsonb_array_elements(r -> 'actions') AS item
$$;

-- Access: within what was asked for, and opened by what opens it.
CREATE FUNCTION access_breaches(e event, r jsonb, opening jsonb, before jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    starts CONSTANT timestamptz := (r ->> 'starts_at')::timestamptz;
    expires CONSTANT timestamptz := (r ->> 'expires_at')::timestamptz;
    is_first CONSTANT boolean := (r ->> 'version')::bigint = 1;
BEGIN
    IF expires - starts > (r ->> 'duration')::interval THEN
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

-- A request as a version of it tells it.
CREATE FUNCTION version_told(the_request text, the_version bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT audit.event_content(o.raw) -> 'request'
      FROM audit.request_version v
      JOIN audit.event o ON o.topic = v.topic AND o."partition" = v."partition" AND o."offset" = v."offset"
     WHERE v.request_id = the_request AND v.version = the_version
$$;

-- The version of a request that a record tells.
CREATE OR REPLACE FUNCTION version_breaches(e event, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    it CONSTANT bigint := (r ->> 'version')::bigint;
    opening CONSTANT jsonb := CASE WHEN it > 1 THEN audit.version_told(e.request_id, 1) END;
BEGIN
    RETURN QUERY SELECT 'version_twice', format('version %s is told by offset %s of %s/%s, too', it, o."offset", o.topic, o."partition")
      FROM audit.told_otherwise(e, it) AS o LIMIT 1;
    RETURN QUERY SELECT b.why, b.detail
      FROM audit.access_breaches(e, r, opening, CASE it WHEN 1 THEN NULL WHEN 2 THEN opening ELSE audit.version_told(e.request_id, it - 1) END) AS b;
    IF it > 1 AND NOT EXISTS (SELECT FROM audit.request_version v WHERE v.request_id = e.request_id AND v.version = it - 1) THEN
        RETURN QUERY SELECT 'version_gap', format('version %s without version %s', it, it - 1);
    END IF;
    IF it = 1 THEN
        IF r ? 'digest' AND audit.consent_digest(r, audit.changes_of(e.raw)) IS DISTINCT FROM r ->> 'digest' THEN
            RETURN QUERY SELECT 'consent_changed', 'the request is not what its digest says';
        END IF;
        RETURN;
    END IF;
    IF audit.consent_part(opening) <> audit.consent_part(r) THEN
        RETURN QUERY SELECT 'consent_changed', 'the request is not what its first version says';
    END IF;
END
$$;

-- ---- who agreed ----

-- A policy approves every item beforehand.
CREATE FUNCTION is_approved_by(policy jsonb, r jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM jsonb_array_elements(r -> 'actions') AS item
         WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(policy -> 'auto_approve') AS a
                            WHERE a ->> 'action' = item ->> 'action'
                              AND coalesce(a ->> 'namespace' = item ->> 'namespace', a ->> 'namespace' IS NULL)
                              AND coalesce(a ->> 'reason_code' = r ->> 'reason_code', a ->> 'reason_code' IS NULL)))
$$;

-- The decisions that led to an approval: its own cause, and those of the approvals recorded before it. One by one: each is looked up by its id.
CREATE FUNCTION votes_for(e event, cause text, r jsonb) RETURNS TABLE (data jsonb, payload jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
    it CONSTANT bigint := (r ->> 'version')::bigint;
    named text;
BEGIN
    FOR named IN SELECT cause UNION
                 SELECT v.caused_by FROM audit.request_version v
                  WHERE v.request_id = e.request_id AND v.version < it AND v.version >= it - 100 AND v.type = 'lockbox.request.approval_recorded.v1'
    LOOP
        FOR data IN SELECT audit.event_content(c.raw) FROM audit.event c
                     WHERE c.request_id = e.request_id AND c.event_id = named
                       AND right(c.topic, 10) IN ('cisions.v1', 'tickets.v1') AND c.topic LIKE '%decisions.v1' LIMIT 20
        LOOP
            CONTINUE WHEN data ->> 'decision' IS DISTINCT FROM 'approve' OR data ->> 'request_id' IS DISTINCT FROM e.request_id
                          OR NOT jsonb_path_exists(r, '$.approvers[*] ? (@.principal.id == $id)', jsonb_build_object('id', data #> '{by,id}'));
            payload := audit.signed_payload(data);
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;

-- Who agreed, by the topic of decisions alone, and to what.
DROP FUNCTION approval_breaches(event, jsonb);
CREATE FUNCTION approval_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    needed CONSTANT bigint := coalesce((r ->> 'approvals_needed')::bigint, 1);
    length CONSTANT interval := (r ->> 'expires_at')::timestamptz - (r ->> 'starts_at')::timestamptz;
    votes bigint;
    signatures bigint;
    shorter boolean;
    left_out text;
BEGIN
    IF r #>> '{decisions,0,by,id}' = 'policy' AND (r ->> 'version')::bigint = 2 THEN
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
           bool_or((v.data ->> 'duration')::interval < length),
           min(k.number) FILTER (WHERE v.data ? 'actions' AND NOT v.data -> 'actions' @> k.number::jsonb)
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

-- Somebody who is named as an approver, and who had not that role when the request was made.
DROP FUNCTION made_up_approver(jsonb);
CREATE FUNCTION made_up_approver(r jsonb, published timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT min(p #>> '{principal,id}') FROM jsonb_array_elements(r -> 'approvers') AS p
             WHERE NOT EXISTS (
                SELECT FROM audit.told_between(r ->> 'tenant_id', audit.role_key(p ->> 'role', r ->> 'subscription_id', p #>> '{principal,id}'),
                                               (r ->> 'created_at')::timestamptz, published, NULL) AS t
                 WHERE t.data ->> 'change' = 'role_assigned'));
END
$$;
DROP FUNCTION has_role(text, text);
DROP INDEX event_role;
DROP FUNCTION role_of(bytea);

CREATE OR REPLACE FUNCTION request_breaches(e event, cause text, r jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    subscription CONSTANT text := r ->> 'subscription_id';
    made_up text;
    owner_id text;
BEGIN
    RETURN QUERY SELECT v.why, v.detail FROM audit.version_breaches(e, r) AS v;
    IF e.type = 'lockbox.request.approved.v1' THEN
        RETURN QUERY SELECT v.why, v.detail FROM audit.approval_breaches(e, cause, r) AS v;
    END IF;
    IF (r ->> 'version')::bigint > 1 THEN
        RETURN QUERY SELECT 'state_without_cause', 'what it names as its cause is on no topic of input' WHERE NOT audit.has_cause(e, cause, r);
        RETURN;
    END IF;
    RETURN QUERY SELECT w.why, w.detail FROM audit.wish_breaches(e, cause, r) AS w;
    made_up := audit.made_up_approver(r, coalesce(e.kafka_timestamp, e.received_at));
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
    RETURN QUERY SELECT s.why, s.detail FROM audit.standing_breaches(e, r) AS s;
END
$$;

-- ---- what tenants changed ----

-- What requests are judged by, of what a tenant said and of what is told of it, in one form.
CREATE FUNCTION change_told(data jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_array(data #>> '{principal,id}', data ->> 'role', audit.folded(data ->> 'subscription_id'), data ->> 'principal_id',
               data #>> '{by,id}', data #>> '{public_key,x}', data #>> '{public_key,y}', data #> '{public_key,origins}',
               coalesce((data ->> 'approvals_needed')::bigint, 1), coalesce((data ->> 'signed_decisions')::boolean, false),
               coalesce((data ->> 'exact_changes')::boolean, false), coalesce(data ->> 'emergency', 'allowed'), (data ->> 'max_duration')::interval,
               jsonb_strip_nulls(coalesce(data -> 'auto_approve', '[]')), jsonb_strip_nulls(coalesce(data -> 'forbid', '[]')))
$$;

-- A role, key or policy that changed because a record of the tenant said so, as it said it, and once.
CREATE OR REPLACE FUNCTION tenant_breaches(e event, cause text, data jsonb) RETURNS TABLE (why text, detail text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    same CONSTANT boolean := (SELECT bool_or(audit.change_told(audit.event_content(c.raw)) = audit.change_told(data))
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

-- ---- what is wrong with a record ----

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
            late := e.kafka_timestamp - (data ->> 'performed_at')::timestamptz;
        END IF;
        -- What ended is told when it ended: the report that it began was to be in time.
        IF late > interval '5 minutes' AND (NOT data ? 'audit_id' OR data ->> 'outcome' = 'begun') THEN
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

-- ---- months that leave ----

CREATE OR REPLACE FUNCTION detach_month(month date) RETURNS regclass LANGUAGE plpgsql
SET search_path = audit, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first date := date_trunc('month', month);
    behind date := first + interval '1 month';
    name text := 'event_' || to_char(first, 'YYYY_MM');
    held legal_hold;
BEGIN
    IF behind > date_trunc('month', clock_timestamp()) THEN
        RAISE EXCEPTION '% is not over', to_char(first, 'YYYY-MM');
    END IF;
    SELECT * INTO held FROM legal_hold WHERE lifted_at IS NULL AND since < behind AND until > first LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% is on legal hold %: %', to_char(first, 'YYYY-MM'), held.number, held.reason;
    END IF;
    EXECUTE format($copy$
        INSERT INTO kept_leaf
        SELECT e.topic, e."partition", e."offset", e.leaf_hash
          FROM log l
          JOIN %I e ON e.topic = l.topic AND e."partition" = l."partition" AND e."offset" >= l.base + l.size / 256 * 256
            ON CONFLICT DO NOTHING $copy$, name);
    EXECUTE format($copy$
        INSERT INTO kept_change
        SELECT e.tenant_id, told_of(e.raw), told_at(e.raw), coalesce(e.kafka_timestamp, e.received_at), event_content(e.raw)
          FROM %I e
         WHERE e.topic ~ 'events\.v1$' AND e.type = 'lockbox.tenant.changed.v1'
           AND e.tenant_id IS NOT NULL AND told_of(e.raw) IS NOT NULL AND told_at(e.raw) IS NOT NULL $copy$, name);
    EXECUTE format('ALTER TABLE event DETACH PARTITION %I', name);
    EXECUTE format('ALTER TABLE %I SET SCHEMA audit_detached', name);
    RETURN format('audit_detached.%I', name)::regclass;
END
$$;

REVOKE EXECUTE ON FUNCTION folded, change_key, role_key, told_of, told_at, cause_of, told_between, set_between, policy_breach, standing_breaches,
    asked_items, is_asked, wish_breaches, kept_items, access_breaches, version_told, is_approved_by, votes_for, approval_breaches, made_up_approver, change_told FROM PUBLIC;
GRANT EXECUTE ON FUNCTION folded, change_key, role_key, told_of, told_at, cause_of TO lockbox_audit_writer; -- whose inserts fill the indexes

UPDATE schema_version SET version = 140;

RESET ROLE;
