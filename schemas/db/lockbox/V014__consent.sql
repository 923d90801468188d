-- What consent is given to is written once, and access is opened for it alone: the database checks both, whichever
-- login asks.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- ---- the part of a request that consent is given to ----

-- The members of data.request stand in three columns, in this order: `standing`, which follows from the clock,
-- `consent`, which nobody may update, and `particulars`, which decisions change.
ALTER TABLE request
    ADD consent      text,
    ADD starts_asked timestamptz, -- when access was asked to begin; NULL: with the approval
    ADD kept         integer[];   -- the numbers of the items that are still asked for; NULL: as `consent` says

CREATE FUNCTION members(json, names text[], are_named boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (SELECT coalesce(string_agg(to_json(m.key)::text || ':' || m.value::text, ',' ORDER BY m.place), '')
          FROM json_each($1) WITH ORDINALITY AS m (key, value, place)
         WHERE (m.key = ANY ($2)) = $3);

UPDATE request
   SET consent = members(('{' || particulars || '}')::json, '{granted_duration,starts_at,decisions}', false),
       particulars = members(('{' || particulars || '}')::json, '{granted_duration,starts_at,decisions}', true),
       starts_asked = CASE WHEN state = 'customer_notified' THEN starts_at END;

DROP FUNCTION members(json, text[], boolean);

ALTER TABLE request
    ALTER consent SET NOT NULL,
    ADD approvals_needed integer
        GENERATED ALWAYS AS (coalesce(substring(consent FROM ',"approvals_needed":([0-9]+)')::integer, 1)) STORED;

-- `consent` with the items' flags as approvers left them.
CREATE FUNCTION consent_kept(consent text, kept integer[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN kept IS NULL THEN consent ELSE (
    SELECT string_agg(to_json(m.key)::text || ':' || CASE WHEN m.key <> 'actions' THEN m.value::text ELSE (
               SELECT '[' || string_agg('{' || (
                          SELECT string_agg(to_json(i.key)::text || ':' || CASE WHEN i.key <> 'kept' THEN i.value::text
                                            ELSE ((item.value ->> 'number')::integer = ANY (kept))::text END, ',' ORDER BY i.place)
                            FROM json_each(item.value) WITH ORDINALITY AS i (key, value, place)) || '}', ',' ORDER BY item.place) || ']'
                 FROM json_array_elements(m.value) WITH ORDINALITY AS item (value, place)) END, ',' ORDER BY m.place)
      FROM json_each(('{' || consent || '}')::json) WITH ORDINALITY AS m (key, value, place)) END;

CREATE OR REPLACE FUNCTION snapshot(request) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{' || ($1).standing || ',' || lockbox.consent_kept(($1).consent, ($1).kept) || ',' || ($1).particulars || '}')::json;

REVOKE ALL ON FUNCTION consent_kept(text, integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consent_kept(text, integer[])
    TO lockbox_worker, lockbox_operator, lockbox_requester, lockbox_decider, lockbox_expirer;

-- ---- votes ----

-- Each decision that a request counted. Only the decider writes one.
CREATE TABLE vote (
    request_id   uuid        NOT NULL REFERENCES request,
    principal_id text        NOT NULL,
    decision     text        NOT NULL CHECK (decision IN ('approve', 'deny', 'revoke', 'acknowledge')),
    counted_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, principal_id, decision)
);
INSERT INTO vote (request_id, principal_id, decision, counted_at)
SELECT r.request_id, v.it #>> '{by,id}', v.it ->> 'decision', (v.it ->> 'at')::timestamptz
  FROM request r, json_array_elements(('{' || r.particulars || '}')::json -> 'decisions') AS v (it)
 WHERE v.it #>> '{by,id}' <> 'policy'
ON CONFLICT DO NOTHING;

-- ---- the operator's bound ----

-- One row, which lockboxctl db migrate sets from LOCKBOX_GRANT_TTL_MAX: no access lasts longer.
CREATE TABLE operator_bound (
    only_row      boolean  PRIMARY KEY DEFAULT true CHECK (only_row),
    grant_ttl_max interval NOT NULL CHECK (grant_ttl_max > interval '0')
);
INSERT INTO operator_bound (grant_ttl_max) VALUES (interval '8 hours');

-- ---- legal moves ----

-- Which role may bring a request from one state to another; '' is a request that is not there yet. A worker writes the last
-- of several steps, so that a move may be several rules of common/core/rules.c in a row. tests/attack holds the two together.
CREATE TABLE legal_move (
    role       text NOT NULL,
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (role, from_state, to_state)
);
INSERT INTO legal_move (role, from_state, to_state)
SELECT role, from_state, to_state
  FROM (VALUES
    ('lockbox_requester', '', '{customer_notified,approved,emergency,refused,not_required,expired,cancelled,completed,revoked}'),
    ('lockbox_requester', 'customer_notified', '{customer_notified,expired,cancelled}'),
    ('lockbox_requester', 'approved',          '{completed,revoked}'),
    ('lockbox_requester', 'emergency',         '{emergency,completed,revoked}'),
    ('lockbox_requester', 'completed',         '{completed}'),
    ('lockbox_requester', 'revoked',           '{revoked}'),
    ('lockbox_decider',   'customer_notified', '{customer_notified,approved,denied,expired,revoked,completed}'),
    ('lockbox_decider',   'approved',          '{completed,revoked}'),
    ('lockbox_decider',   'emergency',         '{emergency,completed,revoked}'),
    ('lockbox_decider',   'completed',         '{completed}'),
    ('lockbox_decider',   'revoked',           '{revoked}'),
    ('lockbox_expirer',   'customer_notified', '{customer_notified,expired}'),
    ('lockbox_expirer',   'approved',          '{completed}'),
    ('lockbox_expirer',   'emergency',         '{emergency,completed}'),
    ('lockbox_expirer',   'completed',         '{completed}'),
    ('lockbox_expirer',   'revoked',           '{revoked}')
  ) AS rule (role, from_state, to_states), unnest(rule.to_states::text[]) AS to_state;

-- ---- what a row has to be ----

-- Functions of the triggers alone, which run as the tables' owner.

CREATE FUNCTION refuse(why text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '%', why USING ERRCODE = 'check_violation';
END
$$;

-- A member of `standing` whose value is text, as it stands there; empty where it does not. head: ',"NAME":"'. No regular
-- expression: one of all members takes a hundred times as long.
CREATE FUNCTION member(standing text, head text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN strpos(standing, head) > 0 THEN head || split_part(split_part(standing, head, 2), '"', 1) || '"' ELSE '' END;

-- `standing` says what the row's columns say, and nothing that is not the clock's: it is made of its parts again.
CREATE FUNCTION is_standing(standing text, request_id uuid, state text, version bigint, decide_by timestamptz, expires_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
RETURN standing = '"request_id":"' || request_id || '","state":"' || state || '","version":' || version
                  || member(standing, ',"decide_by":"') || member(standing, ',"remind_at":"') || member(standing, ',"expires_at":"')
                  || member(standing, ',"acknowledge_by":"') || member(standing, ',"acknowledged_at":"')
                  || CASE WHEN strpos(standing, ',"unacknowledged":') > 0 THEN ',"unacknowledged":' || 'true' ELSE '' END
                  || member(standing, ',"ended_at":"')
   AND decide_by IS NOT DISTINCT FROM nullif(split_part(split_part(standing, ',"decide_by":"', 2), '"', 1), '')::timestamptz
   AND expires_at IS NOT DISTINCT FROM nullif(split_part(split_part(standing, ',"expires_at":"', 2), '"', 1), '')::timestamptz;

-- `particulars` has what decisions change, each member once.
CREATE FUNCTION is_particulars(particulars text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (SELECT array_agg(key) IN ('{decisions}', '{granted_duration,decisions}', '{starts_at,decisions}',
                                  '{granted_duration,starts_at,decisions}')
          FROM json_object_keys(('{' || particulars || '}')::json) AS key);

-- The access that a request tells of is within what was asked for, and within the operator's bound.
CREATE FUNCTION is_within(consent text, starts_asked timestamptz, created_at timestamptz, starts_at timestamptz, expires_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
RETURN isfinite(starts_at) AND isfinite(expires_at) AND starts_at >= greatest(created_at, starts_asked)
   AND expires_at <= starts_at + least(substring(consent FROM ',"duration":"(P[^"]*)"')::interval,
                                       (SELECT grant_ttl_max FROM operator_bound));

-- Enough of the people whom the request names as its approvers voted for it.
CREATE FUNCTION has_votes(request_id uuid, consent text, approvals_needed integer) RETURNS boolean
LANGUAGE sql STABLE
RETURN (SELECT count(*) >= approvals_needed
          FROM vote v
         WHERE v.request_id = has_votes.request_id AND v.decision = 'approve'
           AND v.principal_id IN (SELECT a.it #>> '{principal,id}'
                                    FROM json_array_elements(('{' || consent || '}')::json -> 'approvers') AS a (it)));

-- The subscription's policy approves every item beforehand.
CREATE FUNCTION has_policy(consent text, subscription_id text) RETURNS boolean
LANGUAGE sql STABLE
RETURN NOT EXISTS (
    SELECT FROM json_array_elements(('{' || consent || '}')::json -> 'actions') AS item (it)
     WHERE NOT EXISTS (
        SELECT FROM subscription s, json_array_elements(s.snapshot #> '{policy,auto_approve}') AS a (it)
         WHERE lower(s.subscription_id COLLATE "C") = lower(has_policy.subscription_id COLLATE "C") AND s.lockbox_enabled
           AND a.it ->> 'action' = item.it ->> 'action'
           AND coalesce(a.it ->> 'namespace' = item.it ->> 'namespace', a.it ->> 'namespace' IS NULL)
           AND coalesce(a.it ->> 'reason_code' = ('{' || consent || '}')::json ->> 'reason_code', a.it ->> 'reason_code' IS NULL)));

-- Lockbox is on for the subscription that the cluster stands in.
CREATE FUNCTION has_lockbox(subscription_id text, resource_id text) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM subscription s
                WHERE s.lockbox_enabled
                  AND lower(s.subscription_id COLLATE "C") IN (lower(has_lockbox.subscription_id COLLATE "C"), lower(split_part(resource_id, '/', 3) COLLATE "C")));

CREATE FUNCTION check_new_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    moves CONSTANT text[] := ARRAY(SELECT m.to_state FROM legal_move m
                                    WHERE m.from_state = '' AND pg_has_role(session_user, m.role, 'USAGE'));
BEGIN
    PERFORM CASE
        WHEN NOT n.state = ANY (moves) THEN refuse('this role makes no such request')
        WHEN NOT is_standing(n.standing, n.request_id, n.state, n.version, n.decide_by, n.expires_at)
            THEN refuse('the request''s text is not its row')
        WHEN NOT is_particulars(n.particulars) THEN refuse('these are no particulars')
        WHEN n.expires_at IS NOT NULL AND NOT is_within(n.consent, n.starts_asked, n.created_at, n.starts_at, n.expires_at)
            THEN refuse('access beyond what was asked for')
        WHEN n.state = 'not_required' AND has_lockbox(n.subscription_id, n.resource_id)
            THEN refuse('Lockbox is on: somebody has to be asked')
        WHEN n.state = 'approved' AND NOT has_policy(n.consent, n.subscription_id)
            THEN refuse('no policy approves it beforehand')
        END
       FROM made AS n;
    RETURN NULL;
END
$$;

CREATE FUNCTION check_changed_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    moves CONSTANT text[] := ARRAY(SELECT m.from_state || '>' || m.to_state FROM legal_move m
                                    WHERE pg_has_role(session_user, m.role, 'USAGE'));
BEGIN
    PERFORM CASE
        WHEN n.version <= o.version THEN refuse('a request''s version only rises')
        WHEN NOT o.state || '>' || n.state = ANY (moves) THEN refuse('this role makes no such move')
        WHEN NOT is_standing(n.standing, n.request_id, n.state, n.version, n.decide_by, n.expires_at)
            THEN refuse('the request''s text is not its row')
        WHEN n.particulars <> o.particulars AND NOT is_particulars(n.particulars) THEN refuse('these are no particulars')
        WHEN n.kept IS DISTINCT FROM o.kept AND NOT coalesce(n.kept <@ o.kept, n.kept IS NOT NULL)
            THEN refuse('items are never added')
        WHEN n.expires_at IS DISTINCT FROM o.expires_at
             AND NOT coalesce(is_within(n.consent, n.starts_asked, n.created_at, n.starts_at, n.expires_at), false)
            THEN refuse('access beyond what was asked for')
        WHEN n.state = 'approved' AND o.state <> 'approved' AND NOT has_votes(n.request_id, n.consent, n.approvals_needed)
            THEN refuse('approved without votes')
        END
       FROM after AS n
       JOIN before AS o USING (request_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER made_rightly AFTER INSERT ON request
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION check_new_requests();
CREATE TRIGGER changed_rightly AFTER UPDATE ON request
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION check_changed_requests();

-- ---- access ----

ALTER TABLE access_item
    ADD FOREIGN KEY (request_id) REFERENCES request NOT VALID,
    ADD CHECK (isfinite(starts_at) AND isfinite(expires_at)) NOT VALID,
    ADD CHECK (basis IN ('approved', 'not_required', 'emergency')) NOT VALID;

-- An item is its request's: the same words, kept, and within the time that the request tells. The access of a request that
-- is over has its end behind it.
CREATE FUNCTION check_opened_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    PERFORM refuse('access to what no request asked for, or was not given')
       FROM opened AS i
       LEFT JOIN request r ON r.request_id = i.request_id
      WHERE NOT coalesce(
                (r.state = i.basis OR i.expires_at <= r.ended_at)
                AND i.engineer_id = r.engineer_id AND i.resource_id = lower(r.resource_id COLLATE "C")
                AND i.starts_at >= r.starts_at AND i.expires_at <= r.expires_at
                AND EXISTS (SELECT FROM json_to_recordset(('{' || r.consent || '}')::json -> 'actions')
                                   AS asked (number integer, action text, namespace text, kind text, name text, kept boolean)
                             WHERE asked.number = i.number AND asked.action = i.action
                               AND asked.namespace IS NOT DISTINCT FROM i.namespace AND asked.kind IS NOT DISTINCT FROM i.kind
                               AND asked.name IS NOT DISTINCT FROM i.name
                               AND CASE WHEN r.kept IS NULL THEN asked.kept ELSE asked.number = ANY (r.kept) END), false);
    RETURN NULL;
END
$$;
CREATE TRIGGER opened_rightly AFTER INSERT ON access_item
    REFERENCING NEW TABLE AS opened
    FOR EACH STATEMENT EXECUTE FUNCTION check_opened_access();

-- ---- who may do what ----

REVOKE ALL ON FUNCTION refuse(text), member(text, text), is_standing(text, uuid, text, bigint, timestamptz, timestamptz), is_particulars(text),
    is_within(text, timestamptz, timestamptz, timestamptz, timestamptz), has_votes(uuid, text, integer), has_policy(text, text),
    has_lockbox(text, text), check_new_requests(), check_changed_requests(), check_opened_access(), refuse_longer_access()
    FROM PUBLIC;

GRANT UPDATE (kept) ON request TO lockbox_requester, lockbox_decider;
GRANT INSERT (request_id, principal_id, decision, counted_at) ON vote TO lockbox_decider;
GRANT SELECT ON vote TO lockbox_decider, lockbox_operator;
GRANT SELECT ON operator_bound
    TO lockbox_worker, lockbox_operator, lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_relay, lockbox_notifier, lockbox_authorizer;
-- What lockbox_worker may is what the roles may that it has.
REVOKE INSERT, UPDATE, DELETE ON request, access_item, outbox, quarantine, role_assignment, approver_key FROM lockbox_worker;

UPDATE schema_version SET version = 14, oldest_program = 14;

RESET ROLE;
