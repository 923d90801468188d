-- What questions cost follows what they find, and not how many years the store holds.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- The cluster of a request's operations, so that a cluster's history is found by time.
ALTER TABLE activity ADD cluster text COLLATE "C";
UPDATE activity a SET cluster = r.cluster FROM request_state r WHERE r.request_id = a.request_id;
CREATE INDEX activity_cluster ON activity (cluster, at) WHERE cluster IS NOT NULL;

-- data of a record's event, in either mode. A record is received soon after it was written: the months from then on
-- are looked into first, one by one. NULL where its month was detached.
CREATE FUNCTION event_data(the_topic text, the_partition integer, the_offset bigint, written_at timestamptz)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN body ? 'specversion' THEN body -> 'data' ELSE body END
      FROM (SELECT convert_from(coalesce(
                   (SELECT e.raw FROM audit.event e
                     WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" = the_offset
                       AND e.received_at >= written_at - interval '1 hour'
                     LIMIT 1),
                   (SELECT e.raw FROM audit.event e
                     WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" = the_offset
                     LIMIT 1)), 'UTF8')::jsonb AS body) AS found
$$;

CREATE OR REPLACE VIEW request WITH (security_invoker) AS
    SELECT r.*, event_data(r.topic, r."partition", r."offset", r.created_at) -> 'request' AS snapshot
      FROM request_state r;

CREATE OR REPLACE VIEW request_history WITH (security_invoker) AS
    SELECT v.*, event_data(v.topic, v."partition", v."offset", v.at) -> 'request' AS snapshot
      FROM request_version v;

-- Whether there ever was a grant is asked twice, and each time the first that fits is answer enough.
CREATE OR REPLACE VIEW violation WITH (security_invoker) AS
    SELECT a.performed_at AS at,
           CASE WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = a.action
                                AND g.starts_at <= a.performed_at
                                AND covers(g.action, g.namespace, g.kind, g.name, a.namespace, a.kind, a.name))
                THEN 'ended'
                WHEN EXISTS (SELECT FROM grant_item g
                              WHERE g.engineer_id = a.engineer_id AND g.cluster = a.cluster AND g.action = a.action
                                AND covers(g.action, g.namespace, g.kind, g.name, a.namespace, a.kind, a.name))
                THEN 'not_started'
                ELSE 'no_grant' END AS why,
           a.engineer_id, a.resource_id, a.cluster, a.action, a.namespace, a.kind, a.name, a.request_id,
           a.tenant_id, a.event_id, a.source, a.topic, a."partition", a."offset"
      FROM access a
     WHERE a.outcome = 'allowed' AND a.covered_by IS NULL
    UNION ALL
    SELECT u.kafka_timestamp, 'unreadable', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, u.event_id, NULL, u.topic, u."partition", u."offset"
      FROM unreadable u
     WHERE u.about = 'access';

CREATE OR REPLACE VIEW activity_log WITH (security_invoker) AS
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
           a.cluster,
           coalesce(a.subscription_id, r.subscription_id) AS subscription_id,
           a.tenant_id,
           r.ticket_id,
           event_data(a.topic, a."partition", a."offset", a.at) AS properties
      FROM activity a
      LEFT JOIN request_state r ON r.request_id = a.request_id;

DROP FUNCTION event_data(text, integer, bigint);
REVOKE EXECUTE ON FUNCTION event_data FROM PUBLIC;
GRANT EXECUTE ON FUNCTION event_data TO lockbox_audit_writer, lockbox_auditor, lockbox_tenant_auditor;

UPDATE schema_version SET version = 7, oldest_program = 7;

RESET ROLE;
