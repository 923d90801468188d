-- A store that was set back, by a restore or by a failover that lost commits, is told by Kafka's committed offsets.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- Partitions of which Kafka's committed offset is ahead of this database's: it is older than what it committed once. A
-- worker that takes such a partition keeps it here, and reads nothing, until the two agree or an operator accepts it.
CREATE TABLE set_back (
    consumer         text        NOT NULL,
    topic            text        NOT NULL,
    "partition"      integer     NOT NULL,
    next_offset      bigint      NOT NULL, -- this database's
    committed_offset bigint      NOT NULL, -- Kafka's
    found_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, topic, "partition")
);

-- What operators accepted: a committed offset of Kafka's that says nothing of this database.
CREATE TABLE offsets_accepted (
    consumer         text        NOT NULL,
    topic            text        NOT NULL,
    "partition"      integer     NOT NULL,
    committed_offset bigint      NOT NULL,
    next_offset      bigint      NOT NULL,
    operator_id      text        NOT NULL CHECK (operator_id <> ''), -- who they say they are
    login            text        NOT NULL,                           -- who the server says they are
    reason           text        NOT NULL CHECK (reason <> ''),
    accepted_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Accepts all of what was found, and answers it.
CREATE FUNCTION offsets_accept(who text, why text)
RETURNS TABLE (consumer text, topic text, "partition" integer, next_offset bigint, committed_offset bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
    WITH found AS (DELETE FROM set_back RETURNING *)
    INSERT INTO offsets_accepted (consumer, topic, "partition", committed_offset, next_offset, operator_id, login, reason)
    SELECT consumer, topic, "partition", committed_offset, next_offset, who, session_user, why FROM found
    RETURNING consumer, topic, "partition", next_offset, committed_offset;
$$;
REVOKE ALL ON FUNCTION offsets_accept(text, text) FROM PUBLIC;

GRANT SELECT, INSERT, DELETE ON set_back TO lockbox_audit_writer;
GRANT SELECT ON offsets_accepted TO lockbox_audit_writer;
GRANT SELECT ON set_back, offsets_accepted TO lockbox_auditor;

UPDATE schema_version SET version = 30;

RESET ROLE;
