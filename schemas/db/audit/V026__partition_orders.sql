-- Records that nobody can read are stepped over at an operator's order. Their offsets are empty leaves: who ordered it, and
-- why, stands here.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_audit_operator') THEN
        CREATE ROLE lockbox_audit_operator NOLOGIN; -- of people, who have logins of their own
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO lockbox_audit_operator', current_database());
END
$$;

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- What an operator had done to a partition. The running workers obey: they look every few seconds.
CREATE TABLE partition_order (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what         text        NOT NULL CHECK (what IN ('skip')),
    topic        text        NOT NULL CHECK (topic <> ''), -- as on the broker
    "partition"  integer     NOT NULL CHECK ("partition" >= 0),
    first_offset bigint      NOT NULL CHECK (first_offset >= 0), -- both are stepped over
    last_offset  bigint      NOT NULL CHECK (last_offset >= first_offset),
    operator_id  text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login        text        NOT NULL,                           -- who the server says they are
    reason       text        NOT NULL CHECK (reason <> ''),
    ordered_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (what, topic, "partition", first_offset, last_offset)
);
SELECT make_insert_only('partition_order');

CREATE VIEW skipped WITH (security_invoker) AS
    SELECT topic, "partition", first_offset, last_offset, operator_id AS operator, login, reason, ordered_at AS at
      FROM partition_order WHERE what = 'skip';

COMMENT ON TABLE partition_order IS 'What operators had done to a partition';
COMMENT ON COLUMN partition_order.number IS 'counts the orders';
COMMENT ON COLUMN partition_order.what IS 'skip: offsets are stepped over';
COMMENT ON COLUMN partition_order.operator_id IS 'who gave the order, as they said';
COMMENT ON COLUMN partition_order.ordered_at IS 'when';
COMMENT ON VIEW skipped IS 'Offsets without a record, because an operator had records stepped over that nobody could read';
COMMENT ON COLUMN skipped.operator IS 'who gave the order, as they said';
COMMENT ON COLUMN skipped.at IS 'when';
COMMENT ON COLUMN partition_order.topic IS 'the topic, as it is named on the broker';
COMMENT ON COLUMN partition_order."partition" IS 'the partition';
COMMENT ON COLUMN partition_order.first_offset IS 'the first offset that is stepped over';
COMMENT ON COLUMN partition_order.last_offset IS 'the last offset that is stepped over';
COMMENT ON COLUMN partition_order.login IS 'who the server says gave the order';
COMMENT ON COLUMN partition_order.reason IS 'why, as they said';
COMMENT ON COLUMN skipped.topic IS 'the topic, as it is named on the broker';
COMMENT ON COLUMN skipped."partition" IS 'the partition';
COMMENT ON COLUMN skipped.first_offset IS 'the first offset that is stepped over';
COMMENT ON COLUMN skipped.last_offset IS 'the last offset that is stepped over';
COMMENT ON COLUMN skipped.login IS 'who the server says gave the order';
COMMENT ON COLUMN skipped.reason IS 'why, as they said';

-- False: it is ordered already.
CREATE FUNCTION partition_skip(the_topic text, the_partition integer, first bigint, last bigint, who text, why text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
    INSERT INTO partition_order (what, topic, "partition", first_offset, last_offset, operator_id, login, reason)
    VALUES ('skip', the_topic, the_partition, first, last, who, session_user, why)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION partition_skip(text, integer, bigint, bigint, text, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO lockbox_audit_operator;
GRANT EXECUTE ON FUNCTION partition_skip(text, integer, bigint, bigint, text, text) TO lockbox_audit_operator;
GRANT SELECT ON partition_order TO lockbox_audit_writer, lockbox_auditor;
GRANT SELECT ON skipped TO lockbox_audit_writer, lockbox_auditor;

UPDATE schema_version SET version = 26;

RESET ROLE;
