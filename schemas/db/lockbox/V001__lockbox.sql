-- The operational database: what is true now, and what has still to be told.
--
-- Owned by lockbox_owner, who logs in nowhere. Workers are lockbox_worker. An enforcement point is
-- lockbox_enforcer: it may call access_check and see nothing else.
-- Times are the database's own, taken by clock_timestamp() after the row locks are held.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_owner') THEN
        CREATE ROLE lockbox_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_worker') THEN
        CREATE ROLE lockbox_worker LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_enforcer') THEN
        CREATE ROLE lockbox_enforcer LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_operator') THEN
        CREATE ROLE lockbox_operator NOLOGIN;
    END IF;
END
$$;

CREATE SCHEMA lockbox AUTHORIZATION lockbox_owner;
SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- ---- consuming ----

-- Who reads a partition, and from where. Whoever takes it raises the epoch; a batch of an older epoch
-- updates no row here, and rolls back.
CREATE TABLE consumer_offset (
    consumer    text        NOT NULL, -- consumer group
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    epoch       bigint      NOT NULL,
    next_offset bigint      NOT NULL,
    owner       text        NOT NULL, -- for people
    taken_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, topic, "partition")
) WITH (fillfactor = 50);

-- Events seen, by CloudEvents source and id, so that a producer may send one twice.
CREATE TABLE inbox (
    source      text        NOT NULL,
    event_id    text        NOT NULL,
    identity    bytea       NOT NULL, -- SHA-256 of the bytes: the same id with others is an incident
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, event_id)
);
CREATE INDEX inbox_received ON inbox USING brin (received_at);

-- Events rejected, bytes untouched. The relay publishes each to the dead-letter topic.
CREATE TABLE quarantine (
    quarantine_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer        text        NOT NULL,
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    kafka_timestamp timestamptz NOT NULL,
    key             bytea,
    headers         bytea       NOT NULL, -- uint32 count, then length-prefixed name and value of each
    value           bytea,
    reason          text        NOT NULL,
    quarantined_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at    timestamptz
);
CREATE INDEX quarantine_unpublished ON quarantine (quarantine_id) WHERE published_at IS NULL;

-- ---- producing ----

-- Events to publish, written in the transaction that made them true. Columns as Debezium's outbox event
-- router names them; the relay publishes in the order of seq within a key. Writers of one key hold its
-- row's lock, so that seq is commit order within the key (and nowhere else).
CREATE TABLE outbox (
    seq           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            uuid        NOT NULL, -- the CloudEvents id
    aggregatetype text        NOT NULL, -- request, decision, tenant, notification
    aggregateid   text        NOT NULL, -- the record's key
    type          text        NOT NULL,
    payload       text        NOT NULL, -- the whole CloudEvent, structured mode
    shard         smallint    GENERATED ALWAYS AS (((hashtext(aggregateid) % 16) + 16) % 16) STORED,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at  timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox USING brin (published_at);

-- ---- tenants and tickets ----

-- Azure compares subscription ids without case, so nobody here tells them apart by it.
CREATE TABLE subscription (
    subscription_id text        NOT NULL, -- as its tenant writes it
    tenant_id       text        NOT NULL,
    lockbox_enabled boolean     NOT NULL,
    snapshot        json        NOT NULL, -- the whole, as the workers read it
    changed_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX subscription_key ON subscription (lower(subscription_id));

-- Who holds or held which role. subscription_id is in lower case; '' is the tenant's own scope.
CREATE TABLE role_assignment (
    tenant_id       text        NOT NULL,
    subscription_id text        NOT NULL,
    role            text        NOT NULL CHECK (role IN ('global_administrator', 'owner', 'lockbox_approver')),
    principal_id    text        NOT NULL,
    email           text        NOT NULL,
    name            text        NOT NULL,
    assigned_at     timestamptz NOT NULL,
    removed_at      timestamptz,
    CHECK ((role = 'global_administrator') = (subscription_id = ''))
);
CREATE UNIQUE INDEX role_assignment_held
    ON role_assignment (tenant_id, subscription_id, role, principal_id) WHERE removed_at IS NULL;

CREATE TABLE ticket (
    ticket_id       text        PRIMARY KEY,
    subscription_id text        NOT NULL,
    open            boolean     NOT NULL,
    snapshot        json        NOT NULL,
    changed_at      timestamptz NOT NULL
);

-- ---- requests ----

-- Every request as it stands. due_at is when time will change its state; NULL where it never will.
CREATE TABLE request (
    request_id      uuid        PRIMARY KEY, -- version 7: ordered by creation
    state           text        NOT NULL,
    version         bigint      NOT NULL,
    tenant_id       text,
    subscription_id text,
    ticket_id       text        NOT NULL,
    engineer_id     text        NOT NULL,
    resource_id     text        NOT NULL,
    created_at      timestamptz NOT NULL,
    decide_by       timestamptz,
    starts_at       timestamptz,
    expires_at      timestamptz,
    ended_at        timestamptz,
    due_at          timestamptz,
    reason          text,
    snapshot        json        NOT NULL -- data.request of its last event
);
CREATE INDEX request_due ON request (due_at, request_id) WHERE due_at IS NOT NULL;
CREATE INDEX request_live_ticket ON request (ticket_id) WHERE due_at IS NOT NULL;

-- What may be done: one row for each item of an approved (or not required) request. A row is good from
-- starts_at until before expires_at, whatever any worker does.
CREATE TABLE access_item (
    request_id  uuid        NOT NULL,
    number      integer     NOT NULL,
    engineer_id text        NOT NULL,
    resource_id text        NOT NULL, -- in lower case
    action      text        NOT NULL,
    namespace   text,
    kind        text,
    name        text,
    starts_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    basis       text        NOT NULL, -- approved, not_required, emergency
    PRIMARY KEY (request_id, number)
);
CREATE INDEX access_item_live ON access_item (engineer_id, resource_id, action, expires_at);

-- ---- mail ----

-- What a request version's mails are written from.
CREATE TABLE notice (
    request_id   uuid        NOT NULL,
    version      bigint      NOT NULL,
    event_id     text        NOT NULL,
    traceparent  text,
    snapshot     json        NOT NULL,
    ticket_title text,
    PRIMARY KEY (request_id, version)
);

-- The ledger: one row for each recipient, kind and request version.
CREATE TABLE notification (
    notification_id uuid        PRIMARY KEY, -- version 7; the Message-ID's local part
    request_id      uuid        NOT NULL,
    version         bigint      NOT NULL,
    kind            text        NOT NULL,
    recipient       text        NOT NULL,
    audience        text        NOT NULL CHECK (audience IN ('approver', 'alternate', 'engineer')),
    tenant_id       text,
    state           text        NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'sending', 'sent', 'deferred', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    queued_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_attempt_at timestamptz DEFAULT clock_timestamp(), -- NULL once final
    give_up_at      timestamptz NOT NULL,
    sender_pid      integer,     -- the backend that claimed it, with its start: a dead one's claim is void
    sender_since    timestamptz,
    attempted_at    timestamptz,
    finished_at     timestamptz,
    message_id      text        NOT NULL,
    smtp_code       integer,
    smtp_reply      text
);
CREATE UNIQUE INDEX notification_once
    ON notification (request_id, version, kind, lower(recipient));
CREATE INDEX notification_due ON notification (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- ---- the question an enforcement point asks ----

-- "Is this allowed now?" One row, always. By the table of items:
--   create_object         namespace absent = cluster-scoped; kind; name absent = any
--   update_, delete_object namespace absent = cluster-scoped; kind; name
--   list_or_get_objects   namespace absent = every namespace; kind; name absent = all of that kind
--   get_pod_logs          namespace; no kind; name absent = every pod there
-- A request's absent part matches only where this table says so. Empty text is not absent.
CREATE FUNCTION access_check(engineer_id text, resource_id text, action text,
                             namespace text, kind text, name text)
RETURNS TABLE (allowed boolean, request_id uuid, expires_at timestamptz, reason text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER -- plpgsql keeps the plan between calls
SET search_path = lockbox, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    at_time CONSTANT timestamptz := clock_timestamp();
    cluster CONSTANT text := lower(access_check.resource_id);
BEGIN
    RETURN QUERY
    SELECT true, i.request_id, i.expires_at, i.basis
      FROM access_item i
     WHERE i.engineer_id = access_check.engineer_id
       AND i.resource_id = cluster
       AND i.action = access_check.action
       AND i.expires_at > at_time
       AND i.starts_at <= at_time
       AND '' NOT IN (coalesce(access_check.namespace, '-'), coalesce(access_check.kind, '-'),
                      coalesce(access_check.name, '-'))
       AND CASE i.action
           WHEN 'create_object' THEN
               i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND i.kind = access_check.kind
               AND (i.name IS NULL OR i.name = access_check.name)
           WHEN 'update_object' THEN
               i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND i.kind = access_check.kind AND i.name = access_check.name
           WHEN 'delete_object' THEN
               i.namespace IS NOT DISTINCT FROM access_check.namespace
               AND i.kind = access_check.kind AND i.name = access_check.name
           WHEN 'list_or_get_objects' THEN
               (i.namespace IS NULL OR i.namespace = access_check.namespace)
               AND i.kind = access_check.kind
               AND (i.name IS NULL OR i.name = access_check.name)
           WHEN 'get_pod_logs' THEN
               i.namespace = access_check.namespace
               AND access_check.kind IS NULL
               AND (i.name IS NULL OR i.name = access_check.name)
           ELSE false
           END
     ORDER BY i.expires_at DESC, i.request_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT false, NULL::uuid, NULL::timestamptz, 'no_grant';
    END IF;
END
$$;

-- ---- who may do what ----

GRANT USAGE ON SCHEMA lockbox TO lockbox_worker, lockbox_enforcer, lockbox_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA lockbox TO lockbox_worker;
GRANT SELECT ON request, notification, quarantine, consumer_offset TO lockbox_operator;
REVOKE ALL ON FUNCTION access_check(text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_check(text, text, text, text, text, text)
    TO lockbox_enforcer, lockbox_worker, lockbox_operator;

RESET ROLE;
