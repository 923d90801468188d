-- Read models: what the records say, by what auditors ask for. Each is a function of the set of records in
-- event, whatever their order: the largest version wins, an event that came twice counts once, and where two
-- records claim one key the one that stands first in Kafka holds. So `lockboxctl audit rebuild` makes the same
-- rows again. docs/audit-recipes.md shows how to ask.
--
-- topic, partition and offset name the record a row comes from. cluster is resource_id in lower case: Azure
-- compares clusters without case.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_tenant_auditor') THEN
        CREATE ROLE lockbox_tenant_auditor NOLOGIN;
    END IF;
    -- COPY does not go together with row-level security, and the writer reads every row as it is.
    ALTER ROLE lockbox_audit_writer BYPASSRLS;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO lockbox_tenant_auditor', current_database());
END
$$;

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

DROP VIEW activity_log;

-- ---- requests ----

-- Each request as its largest version has it.
CREATE TABLE request_state (
    request_id       text        PRIMARY KEY, -- UUIDv7: ordered by creation
    version          bigint      NOT NULL,
    state            text        NOT NULL,
    tenant_id        text,
    subscription_id  text,
    ticket_id        text        NOT NULL,
    engineer_id      text        NOT NULL,
    engineer_email   text,
    engineer_name    text,
    organization     text,
    resource_id      text        NOT NULL,
    cluster          text        COLLATE "C" NOT NULL,
    actions          jsonb       NOT NULL, -- all items asked for; "kept" says which are left
    justification    text,
    reason_code      text,
    duration         interval,   -- asked for
    approvals_needed integer,
    created_at       timestamptz NOT NULL,
    decide_by        timestamptz,
    starts_at        timestamptz, -- of the access; of a pending request: asked for
    expires_at       timestamptz, -- NULL: no access was given
    ended_at         timestamptz, -- when it came to a state that is final
    length           interval,    -- of the access, as given
    basis            text,        -- of the access: approved, emergency, not_required
    access_until     timestamptz, -- until when its items were good
    ended_by         text,        -- whoever revoked it, by id; else time or ticket
    ended_how        text,        -- decision, time, ticket
    reason           text,
    reason_item      integer,
    extends          text,
    authorized_by    text,
    incident_id      text,
    acknowledge_by   timestamptz,
    acknowledged_at  timestamptz,
    unacknowledged   boolean     NOT NULL,
    digest           text,
    topic            text        NOT NULL,
    "partition"      integer     NOT NULL,
    "offset"         bigint      NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX request_state_ticket ON request_state (ticket_id);
CREATE INDEX request_state_cluster ON request_state (cluster, created_at);
CREATE INDEX request_state_tenant ON request_state (tenant_id, created_at);
CREATE INDEX request_state_access ON request_state (engineer_id, access_until, starts_at) WHERE expires_at IS NOT NULL;
CREATE INDEX request_state_length ON request_state (starts_at, length) WHERE expires_at IS NOT NULL;

-- One row for each version.
CREATE TABLE request_version (
    request_id     text        NOT NULL,
    version        bigint      NOT NULL,
    event_id       text        NOT NULL,
    at             timestamptz NOT NULL,
    type           text        NOT NULL,
    state          text        NOT NULL,
    previous_state text,
    actor          text,       -- NULL: time, or the ticket
    caused_by      text,       -- id of the event that did; NULL: time
    tenant_id      text,
    topic          text        NOT NULL,
    "partition"    integer     NOT NULL,
    "offset"       bigint      NOT NULL,
    PRIMARY KEY (request_id, version)
);

-- What may be done: one row for each item kept of a request that gave access.
CREATE TABLE grant_item (
    request_id   text        NOT NULL,
    number       integer     NOT NULL,
    version      bigint      NOT NULL,
    tenant_id    text,
    engineer_id  text        NOT NULL,
    cluster      text        COLLATE "C" NOT NULL,
    action       text        NOT NULL,
    namespace    text,
    kind         text,
    name         text,
    starts_at    timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL, -- as access_check said while it ran
    access_until timestamptz NOT NULL, -- earlier where it was ended
    basis        text        NOT NULL,
    topic        text        NOT NULL,
    "partition"  integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    PRIMARY KEY (request_id, number)
) WITH (fillfactor = 80);
CREATE INDEX grant_item_check ON grant_item (engineer_id, cluster, action, access_until, starts_at);

-- ---- decisions, mails ----

CREATE TABLE decision (
    event_id    text        PRIMARY KEY, -- of the judgement, UUIDv7
    decision_id text,                    -- of the decision's own event
    request_id  text        NOT NULL,    -- as the decision named it
    tenant_id   text,
    decision    text        NOT NULL,
    verdict     text        NOT NULL,
    by_id       text        NOT NULL,
    by_email    text        NOT NULL,
    by_name     text        NOT NULL,
    at          timestamptz NOT NULL,
    comment     text,
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    "offset"    bigint      NOT NULL
);
CREATE INDEX decision_request ON decision (request_id, at);
CREATE INDEX decision_at ON decision (at);
CREATE INDEX decision_verdict ON decision (verdict, at);

-- The mail ledger: how each mail ended. One that failed and was sent after all is sent.
CREATE TABLE notification (
    notification_id text        PRIMARY KEY, -- UUIDv7
    request_id      text        NOT NULL,
    version         bigint      NOT NULL,
    tenant_id       text,
    kind            text        NOT NULL,
    recipient       text        NOT NULL,
    outcome         text        NOT NULL, -- sent, failed
    attempts        bigint      NOT NULL,
    smtp_reply      text,
    message_id      text        NOT NULL,
    at              timestamptz NOT NULL,
    event_id        text        NOT NULL,
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL
);
CREATE INDEX notification_request ON notification (request_id, version);
CREATE INDEX notification_outcome ON notification (outcome, at);

-- ---- accesses ----

-- What enforcement points reported. identity: SHA-256 of what makes two records the same event, so that a
-- report sent twice is one row, and two reports under one id are two.
CREATE TABLE access (
    performed_at timestamptz NOT NULL,
    identity     bytea       NOT NULL,
    event_id     text        NOT NULL,
    source       text        NOT NULL,
    engineer_id  text        NOT NULL,
    resource_id  text        NOT NULL,
    cluster      text        COLLATE "C" NOT NULL,
    action       text        NOT NULL,
    namespace    text,
    kind         text,
    name         text,
    outcome      text        NOT NULL, -- allowed, blocked
    request_id   text,                 -- as the enforcement point named it
    covered_by   text,                 -- the request whose grant covered it then; NULL: none
    tenant_id    text,                 -- whose the cluster's subscription was then
    topic        text        NOT NULL,
    "partition"  integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    PRIMARY KEY (performed_at, identity)
);
CREATE INDEX access_engineer ON access (engineer_id, performed_at);
CREATE INDEX access_cluster ON access (cluster, performed_at);
CREATE INDEX access_violation ON access (performed_at) WHERE outcome = 'allowed' AND covered_by IS NULL;

-- Records of the topics of accesses and events that cannot be read as what they should be.
CREATE TABLE unreadable (
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    kafka_timestamp timestamptz NOT NULL,
    about           text        NOT NULL, -- access, event
    reason          text        NOT NULL, -- begins with a JSON pointer; never quotes the record
    event_id        text,
    PRIMARY KEY (topic, "partition", "offset")
);
CREATE INDEX unreadable_at ON unreadable (about, kafka_timestamp);

-- Whose a subscription became, and when. subscription_id is in lower case.
CREATE TABLE subscription_owner (
    subscription_id text        COLLATE "C" NOT NULL,
    at              timestamptz NOT NULL,
    event_id        text        NOT NULL,
    tenant_id       text        NOT NULL,
    owned           boolean     NOT NULL, -- false: from then on nobody's
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    PRIMARY KEY (subscription_id, at, event_id)
);

-- ---- the activity log ----

CREATE TABLE activity (
    event_id        text        PRIMARY KEY, -- UUIDv7
    at              timestamptz NOT NULL,
    kafka_timestamp timestamptz NOT NULL,
    operation       text        NOT NULL,
    status          text        NOT NULL,
    sub_status      text,
    level           text        NOT NULL,
    caller          text        NOT NULL,
    request_id      text,
    tenant_id       text,
    subscription_id text,
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL
);
CREATE INDEX activity_at ON activity (at);
CREATE INDEX activity_request ON activity (request_id, at);
CREATE INDEX activity_operation ON activity (operation, at);

-- ---- what covers what ----

-- Whether an item allows an access, by the table in docs/sql.md. Absent (NULL) matches only where the table says
-- so; empty text is not absent, and matches nothing.
CREATE FUNCTION covers(action text, item_namespace text, item_kind text, item_name text,
                       namespace text, kind text, name text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT '' NOT IN (coalesce(namespace, '-'), coalesce(kind, '-'), coalesce(name, '-'))
       AND CASE action
           WHEN 'create_object' THEN
               item_namespace IS NOT DISTINCT FROM namespace AND item_kind = kind
               AND (item_name IS NULL OR item_name = name)
           WHEN 'update_object' THEN
               item_namespace IS NOT DISTINCT FROM namespace AND item_kind = kind AND item_name = name
           WHEN 'delete_object' THEN
               item_namespace IS NOT DISTINCT FROM namespace AND item_kind = kind AND item_name = name
           WHEN 'list_or_get_objects' THEN
               (item_namespace IS NULL OR item_namespace = namespace) AND item_kind = kind
               AND (item_name IS NULL OR item_name = name)
           WHEN 'get_pod_logs' THEN
               item_namespace = namespace AND kind IS NULL AND (item_name IS NULL OR item_name = name)
           ELSE false
           END
$$;

-- What access_check answered at that time: from timestamps alone. Of whoever may see only one tenant's rows,
-- other tenants' grants are none.
CREATE FUNCTION access_check_at(engineer_id text, resource_id text, action text, namespace text, kind text,
                                name text, at timestamptz)
RETURNS TABLE (allowed boolean, request_id uuid, expires_at timestamptz, reason text)
LANGUAGE plpgsql STABLE SET search_path = audit, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT true, g.request_id::uuid, g.expires_at, g.basis
      FROM audit.grant_item g
     WHERE g.engineer_id = access_check_at.engineer_id
       AND g.cluster = lower(access_check_at.resource_id)
       AND g.action = access_check_at.action
       AND g.access_until > access_check_at.at
       AND g.starts_at <= access_check_at.at
       AND audit.covers(g.action, g.namespace, g.kind, g.name, access_check_at.namespace, access_check_at.kind,
                        access_check_at.name)
     ORDER BY g.expires_at DESC, g.request_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'no_grant';
    END IF;
END
$$;

-- ---- views ----

-- data of a record's event, in either mode; NULL where its month was detached. Only what is projected is asked
-- for, and that is JSON.
CREATE FUNCTION event_data(the_topic text, the_partition integer, the_offset bigint)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN body ? 'specversion' THEN body -> 'data' ELSE body END
      FROM (SELECT convert_from(e.raw, 'UTF8')::jsonb AS body
              FROM audit.event e
             WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" = the_offset) AS found
$$;

CREATE VIEW request WITH (security_invoker) AS
    SELECT r.*, event_data(r.topic, r."partition", r."offset") -> 'request' AS snapshot
      FROM request_state r;

CREATE VIEW request_history WITH (security_invoker) AS
    SELECT v.*, event_data(v.topic, v."partition", v."offset") -> 'request' AS snapshot
      FROM request_version v;

CREATE VIEW access_grant WITH (security_invoker) AS
    SELECT r.request_id, r.tenant_id, r.subscription_id, r.ticket_id, r.engineer_id, r.engineer_email,
           r.resource_id, r.cluster,
           jsonb_path_query_array(r.actions, '$[*] ? (@.kept == true)') AS actions,
           r.starts_at, r.expires_at,
           CASE WHEN r.ended_how IS NOT NULL THEN r.ended_at END AS ended_at,
           r.ended_by, r.ended_how, r.basis, r.length, r.access_until
      FROM request_state r
     WHERE r.expires_at IS NOT NULL;

-- Allowed without a grant that covered it at that moment; why: no_grant there never was one, ended it was over,
-- not_started it had not begun, unreadable a report that nobody can judge.
CREATE VIEW violation WITH (security_invoker) AS
    SELECT a.performed_at AS at,
           coalesce((SELECT CASE WHEN g.starts_at > a.performed_at THEN 'not_started' ELSE 'ended' END
                       FROM grant_item g
                      WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = a.action
                        AND covers(g.action, g.namespace, g.kind, g.name, a.namespace, a.kind, a.name)
                      ORDER BY g.starts_at > a.performed_at, g.starts_at DESC, g.request_id LIMIT 1),
                    'no_grant') AS why,
           a.engineer_id, a.resource_id, a.cluster, a.action, a.namespace, a.kind, a.name, a.request_id,
           a.tenant_id, a.event_id, a.source, a.topic, a."partition", a."offset"
      FROM access a
     WHERE a.outcome = 'allowed' AND a.covered_by IS NULL
    UNION ALL
    SELECT u.kafka_timestamp, 'unreadable', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, u.event_id, NULL, u.topic, u."partition", u."offset"
      FROM unreadable u
     WHERE u.about = 'access';

-- Every operation on requests, emergencies, decisions and tenants, under the names of Azure's activity log.
CREATE VIEW activity_log WITH (security_invoker) AS
    SELECT a.at AS event_timestamp,
           a.kafka_timestamp AS submission_timestamp,
           a.event_id AS event_data_id,
           a.request_id AS correlation_id,
           a.operation AS operation_name,
           a.status,
           a.sub_status,
           a.level,
           a.caller,
           'Administrative' AS category,
           'Microsoft.RedHatOpenShift' AS resource_provider,
           r.resource_id,
           r.cluster,
           coalesce(a.subscription_id, r.subscription_id) AS subscription_id,
           a.tenant_id,
           r.ticket_id,
           event_data(a.topic, a."partition", a."offset") AS properties
      FROM activity a
      LEFT JOIN request_state r ON r.request_id = a.request_id;

-- ---- one tenant's rows ----

-- Roles that see one tenant's rows only: bind_tenant fills it. A role sees what binds itself, which is also how
-- the policies below read it. A session that took another role (SET ROLE) stays bound, unless it is a
-- superuser's: he is a member of everything.
CREATE TABLE tenant_binding (
    role_name text PRIMARY KEY,
    tenant_id text NOT NULL CHECK (tenant_id <> '')
);
ALTER TABLE tenant_binding ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON tenant_binding FOR SELECT USING (EXISTS (
    SELECT FROM pg_roles bound
     WHERE bound.rolname = role_name
       AND (pg_has_role(current_user, bound.oid, 'MEMBER')
            OR (pg_has_role(session_user, bound.oid, 'MEMBER')
                AND NOT EXISTS (SELECT FROM pg_roles s WHERE s.rolname = session_user AND s.rolsuper)))));

-- SET lockbox.tenant_id narrows what a session sees; it never widens.
CREATE FUNCTION chosen_tenant() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('lockbox.tenant_id', true), '')
$$;

-- tenant: the column, or NULL for rows that are no tenant's, which only unbound auditors see.
CREATE FUNCTION make_private(relation regclass, tenant text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
    EXECUTE format('CREATE POLICY every_tenant ON %s FOR SELECT TO lockbox_auditor USING (true)', relation);
    EXECUTE format('CREATE POLICY own_tenant ON %s FOR SELECT TO lockbox_tenant_auditor'
                   ' USING (%s = ANY (ARRAY(SELECT b.tenant_id FROM audit.tenant_binding b)))', relation, tenant);
    EXECUTE format('CREATE POLICY narrowed ON %1$s AS RESTRICTIVE FOR SELECT USING ('
                   ' %2$s = ALL (ARRAY(SELECT b.tenant_id FROM audit.tenant_binding b))'
                   ' AND ((SELECT audit.chosen_tenant()) IS NULL OR %2$s = (SELECT audit.chosen_tenant())))',
                   relation, tenant);
END
$$;

SELECT make_private(relation, 'tenant_id')
  FROM unnest(ARRAY['event', 'request_state', 'request_version', 'grant_item', 'decision', 'notification', 'access',
                    'subscription_owner', 'activity']::regclass[]) AS relation;
SELECT make_private('unreadable', 'NULL::text');
DROP FUNCTION make_private;

-- Makes a role (there or not) that sees one tenant's rows and cannot see more. To be called by whoever may make
-- roles; a password is for him to set.
CREATE FUNCTION bind_tenant(role name, tenant_id text) RETURNS void LANGUAGE plpgsql
SET search_path = audit, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wide text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', role);
    END IF;
    SELECT w.rolname INTO wide FROM pg_roles w, pg_roles r
     WHERE r.rolname = role
       AND (w.oid = r.oid AND (w.rolsuper OR w.rolbypassrls)
            OR w.rolname IN ('lockbox_auditor', 'lockbox_audit_owner', 'lockbox_audit_writer')
               AND pg_has_role(r.oid, w.oid, 'MEMBER'));
    IF FOUND THEN
        RAISE EXCEPTION '% cannot be bound: as % it sees every tenant', role, wide
            USING ERRCODE = 'invalid_grant_operation';
    END IF;
    IF EXISTS (SELECT FROM tenant_binding b WHERE b.role_name = role AND b.tenant_id <> bind_tenant.tenant_id) THEN
        RAISE EXCEPTION '% is bound to another tenant: unbind_tenant first', role
            USING ERRCODE = 'invalid_grant_operation';
    END IF;
    INSERT INTO tenant_binding VALUES (role, bind_tenant.tenant_id) ON CONFLICT DO NOTHING;
    EXECUTE format('GRANT lockbox_tenant_auditor TO %I', role);
END
$$;

-- Takes a bound role's rights away: it sees nothing then.
CREATE FUNCTION unbind_tenant(role name) RETURNS void LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE lockbox_tenant_auditor FROM %I', role);
    DELETE FROM tenant_binding b WHERE b.role_name = role;
END
$$;

-- ---- rebuilding ----

-- lockboxctl audit rebuild makes each model again as a temporary table of the same name.

-- How a model differs from the one made again: how many rows do, and the first of them, by its key, with what is
-- wrong there.
CREATE FUNCTION model_differences(model text) RETURNS TABLE (rows bigint, key text, what text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    keys text;
BEGIN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) INTO keys
      FROM pg_index i
     CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = format('audit.%I', model)::regclass AND i.indisprimary;
    RETURN QUERY EXECUTE format($query$
        WITH stored AS (TABLE audit.%1$I EXCEPT TABLE pg_temp.%1$I),
             made AS (TABLE pg_temp.%1$I EXCEPT TABLE audit.%1$I),
             pairs AS (SELECT ROW (%2$s)::text AS key, to_jsonb(s) AS stored, to_jsonb(m) AS made
                         FROM stored s FULL JOIN made m USING (%2$s))
        SELECT count(*) OVER (), p.key,
               CASE WHEN p.made IS NULL THEN 'in the store, but in no record'
                    WHEN p.stored IS NULL THEN 'in the records, but not in the store'
                    ELSE 'differs in ' || (SELECT string_agg(e.key, ', ' ORDER BY e.key)
                                             FROM jsonb_each(p.made) e
                                            WHERE e.value IS DISTINCT FROM p.stored -> e.key) END
          FROM pairs p ORDER BY p.key LIMIT 1 $query$, model, keys);
END
$$;

-- Puts the one made again in its place, row by row where they differ; the answer: how many did.
CREATE FUNCTION replace_model(model text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
    come bigint;
BEGIN
    EXECUTE format('DELETE FROM audit.%1$I a USING (TABLE audit.%1$I EXCEPT TABLE pg_temp.%1$I) AS d'
                   ' WHERE a IS NOT DISTINCT FROM d', model);
    GET DIAGNOSTICS gone = ROW_COUNT;
    EXECUTE format('INSERT INTO audit.%1$I TABLE pg_temp.%1$I EXCEPT TABLE audit.%1$I', model);
    GET DIAGNOSTICS come = ROW_COUNT;
    RETURN greatest(gone, come);
END
$$;

-- ---- who may what ----

REVOKE EXECUTE ON FUNCTION covers, access_check_at, event_data, chosen_tenant, bind_tenant, unbind_tenant,
                           model_differences, replace_model FROM PUBLIC;
GRANT EXECUTE ON FUNCTION model_differences TO lockbox_audit_writer, lockbox_auditor;
GRANT EXECUTE ON FUNCTION covers, access_check_at, event_data, chosen_tenant
   TO lockbox_audit_writer, lockbox_auditor, lockbox_tenant_auditor;

-- A later version, or a record that stands earlier in Kafka, takes a row's place; nothing is deleted.
GRANT SELECT, INSERT, UPDATE
   ON request_state, request_version, grant_item, decision, notification, access, subscription_owner, activity
   TO lockbox_audit_writer;
GRANT SELECT, INSERT ON unreadable TO lockbox_audit_writer;

GRANT USAGE ON SCHEMA audit TO lockbox_tenant_auditor;
GRANT EXECUTE ON FUNCTION leaf_hashes TO lockbox_tenant_auditor;
GRANT SELECT ON event, log, tile, kept_leaf, checkpoint, checkpoint_key, completeness TO lockbox_tenant_auditor;
GRANT SELECT ON request_state, request_version, grant_item, decision, notification, access, subscription_owner,
                activity, unreadable, request, request_history, access_grant, violation, activity_log, tenant_binding
   TO lockbox_auditor, lockbox_tenant_auditor;

RESET ROLE;
