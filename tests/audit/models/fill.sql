-- Years of a store, made set-based: ten records for each of :requests requests, :per_day of them a day, the last of them
-- today. Request n is of ticket T-n, engineer E-(n % 2000), cluster n % 1000 of tenant tenant-(n % 100); it was approved after
-- a quarter of an hour and ran for n % 8 + 1 hours; every 50th had a late decision besides, every 40th a mail that failed, every
-- 25th an access an hour after its end, every 100th a record that nobody can read.
CREATE TEMPORARY TABLE life AS
    SELECT n, date_trunc('day', now()) - make_interval(secs => (:requests - n) * 86400.0 / :per_day) AS born,
           'E-' || n % 2000 AS engineer_id, 'tenant-' || n % 100 AS tenant_id, 's-' || n % 1000 AS subscription_id, 'T-' || n AS ticket_id,
           format('/subscriptions/s-%s/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro', n % 1000) AS resource_id,
           (n % 8 + 1) * interval '1 hour' AS length, :requests AS requests
      FROM generate_series(1, :requests) AS n;
CREATE TEMPORARY TABLE made AS
    SELECT l.*, k.kind, born + k.after AS at,
           format('%s-%s-7000-8000-%s', substr(lpad(to_hex((extract(epoch FROM born) * 1000)::bigint), 12, '0'), 1, 8),
                  substr(lpad(to_hex((extract(epoch FROM born) * 1000)::bigint), 12, '0'), 9, 4), lpad(to_hex(n), 12, '0')) AS request_id,
           format('%s-%s-7000-9%s-%s', substr(lpad(to_hex((extract(epoch FROM born + k.after) * 1000)::bigint), 12, '0'), 1, 8),
                  substr(lpad(to_hex((extract(epoch FROM born + k.after) * 1000)::bigint), 12, '0'), 9, 4), lpad(k.number::text, 3, '0'),
                  lpad(to_hex(n), 12, '0')) AS event_id,
           k.number, n % 8 AS "partition", (n / 8) * 10 + k.number AS "offset", k.topic
      FROM life l
     CROSS JOIN LATERAL (VALUES
           (0, 'ticket.opened', interval '-1 minute', 'lockbox.tickets.v1'),
           (1, 'request.created', interval '0', 'lockbox.events.v1'),
           (2, 'notification.sent', interval '10 seconds', 'lockbox.events.v1'),
           (3, CASE WHEN n % 40 = 0 THEN 'notification.failed' ELSE 'notification.sent' END, interval '11 seconds', 'lockbox.events.v1'),
           (4, 'decision.submitted', interval '15 minutes 1 second', 'lockbox.decisions.v1'),
           (5, 'decision.judged', interval '15 minutes 1 second', 'lockbox.events.v1'),
           (6, 'request.approved', interval '15 minutes 1 second', 'lockbox.events.v1'),
           (7, 'request.completed', interval '15 minutes 1 second' + length, 'lockbox.events.v1'),
           (8, CASE WHEN n % 50 = 0 THEN 'decision.judged' ELSE 'notification.sent' END, interval '16 minutes' + length, 'lockbox.events.v1'),
           (9, 'access.performed', CASE WHEN n % 25 = 0 THEN interval '75 minutes' + length ELSE interval '20 minutes' END,
            'lockbox.accesses.v1')) AS k (number, kind, after, topic);

SELECT audit.make_month(month) FROM (SELECT DISTINCT date_trunc('month', at) AS month FROM made) AS months;
DO $$ -- what a crash would lose can be made again
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit.event'::regclass
              UNION SELECT unnest(ARRAY['request_state', 'request_version', 'grant_item', 'decision', 'notification', 'access',
                                        'activity'])::regclass
    LOOP
        EXECUTE format('ALTER TABLE %s SET UNLOGGED', relation);
    END LOOP;
END
$$;
INSERT INTO audit.event (topic, "partition", "offset", kafka_timestamp, received_at, key, headers, raw, event_id, source, type, subject,
                         event_time, tenant_id, subscription_id, request_id, ticket_id, actor, leaf_hash)
SELECT topic, "partition", "offset", at, at, convert_to(request_id, 'UTF8'), '\x00000000',
       convert_to(format('{"specversion":"1.0","id":"%s","type":"lockbox.%s.v1","data":{"request":{"request_id":"%s"}}}', event_id, kind, request_id), 'UTF8'),
       event_id, '/lockbox/x', 'lockbox.' || kind || '.v1', request_id, at, CASE WHEN topic = 'lockbox.events.v1' THEN tenant_id END,
       subscription_id, CASE WHEN topic IN ('lockbox.events.v1', 'lockbox.decisions.v1') THEN request_id END,
       CASE WHEN kind LIKE 'request.%' OR kind LIKE 'ticket.%' THEN ticket_id END, engineer_id, '\x00'
  FROM made ORDER BY at;
INSERT INTO audit.request_state (request_id, version, state, tenant_id, subscription_id, ticket_id, engineer_id, engineer_email, engineer_name,
                                 organization, resource_id, cluster, actions, justification, created_at, decide_by, starts_at, expires_at,
                                 ended_at, length, basis, access_until, ended_by, ended_how, unacknowledged, topic, "partition", "offset")
SELECT request_id, 3, 'completed', tenant_id, subscription_id, ticket_id, engineer_id, engineer_id || '@vendor.example', 'Erin', 'microsoft',
       resource_id, lower(resource_id), '[{"number": 1, "action": "get_pod_logs", "namespace": "openshift-ingress", "kept": true}]',
       'Because.', born, born + interval '4 days', at - length, at, at, length, 'approved', at, 'time', 'time', false, topic, "partition", "offset"
  FROM made WHERE number = 7 ORDER BY request_id;
INSERT INTO audit.request_version (request_id, version, event_id, at, type, state, previous_state, actor, tenant_id, topic, "partition", "offset")
SELECT request_id, CASE number WHEN 1 THEN 1 WHEN 6 THEN 2 ELSE 3 END, event_id, at, 'lockbox.' || kind || '.v1',
       CASE number WHEN 1 THEN 'customer_notified' WHEN 6 THEN 'approved' ELSE 'completed' END, NULL, NULL, tenant_id, topic, "partition", "offset"
  FROM made WHERE number IN (1, 6, 7) ORDER BY request_id, number;
INSERT INTO audit.grant_item (request_id, number, version, tenant_id, engineer_id, cluster, action, namespace, starts_at, expires_at,
                              access_until, basis, topic, "partition", "offset")
SELECT request_id, 1, 3, tenant_id, engineer_id, lower(resource_id), 'get_pod_logs', 'openshift-ingress', at - length, at, at, 'approved', topic,
       "partition", "offset"
  FROM made WHERE number = 7 ORDER BY request_id;
INSERT INTO audit.decision (event_id, decision_id, request_id, tenant_id, decision, verdict, by_id, by_email, by_name, at, topic, "partition", "offset")
SELECT event_id, CASE number WHEN 5 THEN format('%s', replace(event_id, '-9005-', '-9004-')) END, request_id, tenant_id, 'approve',
       CASE number WHEN 5 THEN 'applied' ELSE 'late' END, 'A-' || n % 300, 'ann@contoso.example', 'Ann', at, topic, "partition", "offset"
  FROM made WHERE kind = 'decision.judged' ORDER BY event_id;
INSERT INTO audit.notification (notification_id, request_id, version, tenant_id, kind, recipient, outcome, attempts, smtp_reply, message_id, at,
                                event_id, topic, "partition", "offset")
SELECT event_id, request_id, 1, tenant_id, 'approval_needed', 'ann@contoso.example', split_part(kind, '.', 2), 1, '250 OK', '<m>', at, event_id,
       topic, "partition", "offset"
  FROM made WHERE kind LIKE 'notification.%' ORDER BY event_id;
INSERT INTO audit.activity (event_id, at, kafka_timestamp, operation, status, level, caller, request_id, tenant_id, subscription_id, cluster,
                            topic, "partition", "offset")
SELECT event_id, at, at, CASE number WHEN 1 THEN 'Create Lockbox Request' WHEN 6 THEN 'Approve Lockbox Request' WHEN 7 THEN 'Lockbox Access Expiry'
                         ELSE 'Judge Lockbox Decision' END, 'Succeeded', 'Informational', 'A', request_id, tenant_id, subscription_id, lower(resource_id), topic,
       "partition", "offset"
  FROM made WHERE number IN (1, 6, 7) OR kind = 'decision.judged' ORDER BY at;
INSERT INTO audit.access (performed_at, identity, event_id, source, engineer_id, resource_id, cluster, action, namespace, outcome, covered_by,
                          tenant_id, topic, "partition", "offset")
SELECT at, sha256(convert_to(event_id, 'UTF8')), event_id, '/enforcement', engineer_id, resource_id, lower(resource_id), 'get_pod_logs',
       'openshift-ingress', 'allowed', CASE WHEN n % 25 <> 0 THEN request_id END, tenant_id, topic, "partition", "offset"
  FROM made WHERE number = 9 ORDER BY at;
INSERT INTO audit.unreadable (topic, "partition", "offset", kafka_timestamp, about, reason)
SELECT topic, "partition", "offset", at, 'access', 'value: not JSON' FROM made WHERE number = 9 AND n % 100 = 7;
INSERT INTO audit.log (topic, "partition", base, size, rows, edge)
SELECT topic, "partition", 0, max("offset") + 1, count(*), decode(repeat('00', 32 * bit_count((max("offset") + 1)::bit(64))::integer), 'hex')
  FROM made GROUP BY 1, 2;
DROP TABLE life, made;
