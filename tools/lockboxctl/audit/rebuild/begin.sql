-- One snapshot of records and models. The cursor may read all rows in the order they lie in; the statements that
-- follow are planned on empty tables, and must keep to their indexes.
SET statement_timeout = 0;
SET jit = off;
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ;
CREATE TEMPORARY TABLE request_state (LIKE audit.request_state INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE request_version (LIKE audit.request_version INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE grant_item (LIKE audit.grant_item INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE decision (LIKE audit.decision INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE notification (LIKE audit.notification INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE access (LIKE audit.access INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE subscription_owner (LIKE audit.subscription_owner INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE activity (LIKE audit.activity INCLUDING ALL) ON COMMIT DROP;
CREATE TEMPORARY TABLE unreadable (LIKE audit.unreadable INCLUDING ALL) ON COMMIT DROP;
SET LOCAL enable_seqscan = on;
DECLARE records NO SCROLL CURSOR FOR
    SELECT topic, "partition", "offset", (extract(epoch FROM kafka_timestamp) * 1000)::bigint AS timestamp_ms, key, headers, raw
      FROM audit.event
     WHERE topic LIKE '%events.v1' OR topic LIKE '%accesses.v1';
SET LOCAL enable_seqscan = off
