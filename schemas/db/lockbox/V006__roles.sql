-- A role for each worker, with what its statements need and nothing else, and which programs this schema fits.
--
-- What a column privilege or a policy does not allow, the server refuses: a worker in the wrong hands makes no
-- approver, no approval and no event that is not its own to make. docs/security.md has the table.
-- lockbox_worker, whom every worker used to be, stays able to do what any of them can: the version before runs by
-- it. Once all workers have roles of their own: ALTER ROLE lockbox_worker NOLOGIN.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['lockbox_requester', 'lockbox_decider', 'lockbox_expirer', 'lockbox_relay',
                                  'lockbox_notifier']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted);
        END IF;
    END LOOP;
END
$$;
GRANT lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_relay, lockbox_notifier TO lockbox_worker;

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

GRANT USAGE ON SCHEMA lockbox
    TO lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_relay, lockbox_notifier;

-- ---- consuming: each its own offsets, the inbox, the quarantine ----

GRANT SELECT, INSERT, UPDATE ON consumer_offset TO lockbox_requester, lockbox_decider, lockbox_notifier;
GRANT SELECT, INSERT, DELETE ON inbox TO lockbox_requester, lockbox_decider, lockbox_notifier;
GRANT INSERT (consumer, topic, "partition", "offset", kafka_timestamp, key, headers, value, reason) ON quarantine
    TO lockbox_requester, lockbox_decider, lockbox_notifier;

ALTER TABLE consumer_offset ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON consumer_offset FOR SELECT USING (true); -- privileges say who
CREATE POLICY every_worker ON consumer_offset TO lockbox_worker USING (true);
CREATE POLICY requester ON consumer_offset TO lockbox_requester USING (consumer LIKE '%requester');
CREATE POLICY decider ON consumer_offset TO lockbox_decider USING (consumer LIKE '%decider');
CREATE POLICY notifier ON consumer_offset TO lockbox_notifier USING (consumer LIKE '%notifier');

-- ---- producing: each its own types of event; the relay reads and marks ----

GRANT INSERT (id, aggregatetype, aggregateid, type, payload) ON outbox
    TO lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_notifier;
GRANT SELECT, UPDATE (published_at), DELETE ON outbox TO lockbox_relay;
GRANT SELECT, UPDATE (published_at) ON quarantine TO lockbox_relay;

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON outbox FOR SELECT USING (true);
CREATE POLICY every_worker ON outbox TO lockbox_worker USING (true);
CREATE POLICY requester ON outbox FOR INSERT TO lockbox_requester
    WITH CHECK (type LIKE 'lockbox.request.%' OR type LIKE 'lockbox.tenant.%');
CREATE POLICY decider ON outbox FOR INSERT TO lockbox_decider
    WITH CHECK (type LIKE 'lockbox.request.%' OR type LIKE 'lockbox.decision.%');
CREATE POLICY expirer ON outbox FOR INSERT TO lockbox_expirer
    WITH CHECK (type LIKE 'lockbox.request.%' AND type <> 'lockbox.request.approved.v1');
CREATE POLICY notifier ON outbox FOR INSERT TO lockbox_notifier WITH CHECK (type LIKE 'lockbox.notification.%');
CREATE POLICY relay_marks ON outbox FOR UPDATE TO lockbox_relay USING (true);
CREATE POLICY relay_prunes ON outbox FOR DELETE TO lockbox_relay USING (published_at IS NOT NULL);

-- ---- tenants and tickets: the requester's; the decider reads who may vote ----

GRANT SELECT, INSERT, UPDATE ON subscription, ticket TO lockbox_requester;
GRANT SELECT, INSERT, UPDATE (removed_at) ON role_assignment, approver_key TO lockbox_requester;
GRANT SELECT ON role_assignment, approver_key TO lockbox_decider;
GRANT SELECT (ticket_id, snapshot) ON ticket TO lockbox_notifier;

-- ---- requests: only the requester makes one, only the decider turns a waiting one into an approved one ----

GRANT SELECT, INSERT ON request TO lockbox_requester;
GRANT SELECT ON request TO lockbox_decider, lockbox_expirer;
-- What a request was made as stays: who asks, for what, where, and why. Time moves no more than time.
GRANT UPDATE (state, version, starts_at, expires_at, ended_at, due_at, standing, particulars) ON request
    TO lockbox_requester, lockbox_decider;
GRANT UPDATE (state, version, ended_at, due_at, standing) ON request TO lockbox_expirer;

ALTER TABLE request ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON request FOR SELECT USING (true);
CREATE POLICY every_worker ON request TO lockbox_worker USING (true);
CREATE POLICY requester_makes ON request FOR INSERT TO lockbox_requester WITH CHECK (true);
CREATE POLICY requester_ends ON request FOR UPDATE TO lockbox_requester USING (true) WITH CHECK (state <> 'approved');
CREATE POLICY decider ON request FOR UPDATE TO lockbox_decider USING (true);
CREATE POLICY expirer ON request FOR UPDATE TO lockbox_expirer USING (true) WITH CHECK (state <> 'approved');

-- ---- access: opened by the decider, and by the requester where nobody is asked; never lengthened by anybody ----

GRANT SELECT, INSERT, UPDATE (expires_at) ON access_item TO lockbox_requester, lockbox_decider;

CREATE FUNCTION refuse_longer_access() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'access is never lengthened' USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER never_longer BEFORE UPDATE ON access_item FOR EACH ROW
    WHEN (NEW.expires_at > OLD.expires_at) EXECUTE FUNCTION refuse_longer_access();

-- ---- mail ----

GRANT SELECT, INSERT ON notice TO lockbox_notifier;
GRANT SELECT, INSERT, UPDATE (state, attempts, next_attempt_at, sender_pid, sender_since, attempted_at, finished_at,
                              smtp_code, enhanced_status, smtp_reply) ON notification TO lockbox_notifier;
GRANT SELECT, INSERT, UPDATE (begun_at, ended_at, outcome, relay, smtp_code, enhanced_status, smtp_reply)
    ON notification_attempt TO lockbox_notifier;

-- ---- which programs this schema fits ----

-- One row. A program knows the schemas up to a version, its own. It works where that is `version`, and where the
-- schema is newer but says that programs from `oldest_program` on may stay. Every later script updates this row.
CREATE TABLE schema_version (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version        integer NOT NULL,
    oldest_program integer NOT NULL
);
INSERT INTO schema_version (version, oldest_program) VALUES (6, 6);
GRANT SELECT ON schema_version TO lockbox_worker, lockbox_operator, lockbox_requester, lockbox_decider, lockbox_expirer,
    lockbox_relay, lockbox_notifier;

RESET ROLE;
