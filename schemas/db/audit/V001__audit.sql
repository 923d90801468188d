-- The audit store: every record of every topic, once, as it was.
--
-- Owned by lockbox_audit_owner, who logs in nowhere. The auditor worker is lockbox_audit_writer: it
-- inserts, and moves its own offsets. lockbox_auditor reads.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_audit_owner') THEN
        CREATE ROLE lockbox_audit_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_audit_writer') THEN
        CREATE ROLE lockbox_audit_writer LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_auditor') THEN
        CREATE ROLE lockbox_auditor LOGIN;
    END IF;
END
$$;

CREATE SCHEMA audit AUTHORIZATION lockbox_audit_owner;
SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- As in the operational database: who reads a partition, and from where.
CREATE TABLE consumer_offset (
    consumer    text        NOT NULL,
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    epoch       bigint      NOT NULL,
    next_offset bigint      NOT NULL,
    owner       text        NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, topic, "partition")
) WITH (fillfactor = 50);

-- One row for each record. The columns behind raw are what auditors filter by, gleaned from it; NULL
-- where it has none.
CREATE TABLE event (
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    kafka_timestamp timestamptz NOT NULL,
    received_at     timestamptz NOT NULL, -- this machine's word
    key             bytea,
    headers         bytea       NOT NULL, -- uint32 count, then length-prefixed name and value of each
    raw             bytea,
    event_id        text,
    source          text,
    type            text,
    subject         text,
    event_time      timestamptz,
    tenant_id       text,
    subscription_id text,
    request_id      text,
    ticket_id       text,
    actor           text,
    leaf_hash       bytea       NOT NULL, -- RFC 6962 leaf hash of the record
    PRIMARY KEY (topic, "partition", "offset")
);
CREATE INDEX event_request ON event (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX event_ticket ON event (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX event_arrival ON event USING brin (kafka_timestamp);

-- Which offsets are there, and how many are missing between the first and the last.
CREATE VIEW completeness AS
    SELECT topic, "partition", min("offset") AS first_offset, max("offset") AS last_offset,
           count(*) AS rows, max("offset") - min("offset") + 1 - count(*) AS missing
      FROM event
     GROUP BY topic, "partition";

-- Requests' and decisions' events under the names of Azure's activity log.
CREATE VIEW activity_log AS
    SELECT e.event_time AS event_timestamp,
           e.kafka_timestamp AS submission_timestamp,
           e.event_id AS event_data_id,
           e.request_id AS correlation_id,
           n.operation_name,
           n.status,
           n.level,
           coalesce(e.actor, 'lockbox') AS caller,
           'Administrative' AS category,
           'Microsoft.RedHatOpenShift' AS resource_provider,
           body #>> '{data,request,resource_id}' AS resource_id,
           e.subscription_id,
           e.tenant_id,
           e.ticket_id,
           body -> 'data' AS properties
      FROM event e
      JOIN (VALUES
            ('lockbox.request.created.v1', 'Create Lockbox Request', 'Started', 'Informational'),
            ('lockbox.request.refused.v1', 'Create Lockbox Request', 'Failed', 'Warning'),
            ('lockbox.request.not_required.v1', 'Lockbox Not Required', 'Succeeded', 'Informational'),
            ('lockbox.request.approved.v1', 'Approve Lockbox Request', 'Succeeded', 'Informational'),
            ('lockbox.request.denied.v1', 'Deny Lockbox Request', 'Succeeded', 'Informational'),
            ('lockbox.request.expired.v1', 'Lockbox Request Expiry', 'Succeeded', 'Informational'),
            ('lockbox.request.cancelled.v1', 'Cancel Lockbox Request', 'Succeeded', 'Informational'),
            ('lockbox.request.completed.v1', 'Lockbox Access Expiry', 'Succeeded', 'Informational'),
            ('lockbox.request.revoked.v1', 'Revoke Lockbox Access', 'Succeeded', 'Warning')
           ) AS n (type, operation_name, status, level) ON n.type = e.type
     CROSS JOIN LATERAL (SELECT convert_from(e.raw, 'UTF8')::jsonb AS body) AS parsed;

GRANT USAGE ON SCHEMA audit TO lockbox_audit_writer, lockbox_auditor;
GRANT SELECT, INSERT ON event TO lockbox_audit_writer;
GRANT SELECT, INSERT, UPDATE ON consumer_offset TO lockbox_audit_writer;
GRANT SELECT ON event, completeness, activity_log TO lockbox_auditor;

RESET ROLE;
