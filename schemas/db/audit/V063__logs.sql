-- A partition whose log in Kafka was replaced goes on as another log, under a name of its own, once an operator accepts it.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- Of the nth log of a partition, from the second on.
CREATE TABLE log_accepted (
    topic       text        NOT NULL CHECK (topic <> ''), -- as on the broker
    "partition" integer     NOT NULL CHECK ("partition" >= 0),
    number      integer     NOT NULL CHECK (number > 1),
    operator_id text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login       text        NOT NULL,                           -- who the server says they are
    reason      text        NOT NULL CHECK (reason <> ''),
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, "partition", number)
);
SELECT make_insert_only('log_accepted');

COMMENT ON TABLE log_accepted IS 'Logs that took the place of another, which Kafka has no more: their records have the log''s name for a topic';
COMMENT ON COLUMN log_accepted.topic IS 'the topic, as it is named on the broker';
COMMENT ON COLUMN log_accepted."partition" IS 'the partition';
COMMENT ON COLUMN log_accepted.number IS 'which of the partition''s logs it is; its name is the number and ~ before the topic''s name';
COMMENT ON COLUMN log_accepted.operator_id IS 'who accepted it, as they said';
COMMENT ON COLUMN log_accepted.login IS 'who the server says accepted it';
COMMENT ON COLUMN log_accepted.reason IS 'why, as they said';
COMMENT ON COLUMN log_accepted.accepted_at IS 'when';
GRANT SELECT ON log_accepted TO lockbox_audit_writer, lockbox_auditor, lockbox_audit_operator;

-- The name of the log that a partition is read as: the topic's, until another one was accepted.
CREATE FUNCTION log_name(the_topic text, the_partition integer) RETURNS text
LANGUAGE sql STABLE
SET search_path = audit, pg_temp
RETURN coalesce((SELECT max(number) || '~' FROM log_accepted WHERE topic = the_topic AND "partition" = the_partition), '') || the_topic;

-- The topic's name within a log's: no topic's has a ~.
CREATE FUNCTION log_topic(log text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN regexp_replace(log, '^[0-9]+~', '');

-- The number of the log that a partition is read as, and what was read of it last. Its last record is NULL where none was read.
CREATE FUNCTION log_read(the_topic text, the_partition integer, OUT number integer, OUT log text, OUT last_offset bigint, OUT last_hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
BEGIN ATOMIC
    SELECT coalesce((SELECT max(a.number) FROM log_accepted a WHERE a.topic = the_topic AND a."partition" = the_partition), 1),
           log_name(the_topic, the_partition), last.last_offset, last.last_hash
      FROM (SELECT) AS one
      LEFT JOIN LATERAL (SELECT o.last_offset, o.last_hash
                           FROM consumer_offset o
                          WHERE o.topic = log_name(the_topic, the_partition) AND o."partition" = the_partition AND o.last_hash IS NOT NULL
                          ORDER BY o.last_offset DESC LIMIT 1) AS last ON true;
END;

-- Accepts the nth log. False: it is accepted already.
CREATE FUNCTION partition_accept(the_topic text, the_partition integer, the_number integer, who text, why text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
    IF the_number > (SELECT number + 1 FROM log_read(the_topic, the_partition)) THEN
        RAISE EXCEPTION 'a log is missing before it' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO log_accepted (topic, "partition", number, operator_id, login, reason)
    VALUES (the_topic, the_partition, the_number, who, session_user, why)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- Offsets are those of the log that is read.
CREATE OR REPLACE FUNCTION partition_skip(the_topic text, the_partition integer, first bigint, last bigint, who text, why text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
    INSERT INTO partition_order (what, topic, "partition", first_offset, last_offset, operator_id, login, reason)
    VALUES ('skip', log_name(the_topic, the_partition), the_partition, first, last, who, session_user, why)
        ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION log_name(text, integer), log_topic(text), log_read(text, integer), partition_accept(text, integer, integer, text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_name(text, integer), log_topic(text) TO lockbox_audit_writer, lockbox_audit_operator, lockbox_auditor;
GRANT EXECUTE ON FUNCTION log_read(text, integer), partition_accept(text, integer, integer, text, text) TO lockbox_audit_operator;

UPDATE schema_version SET version = 63;

RESET ROLE;
