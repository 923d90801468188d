-- Leases: what one process of several does at a time. A lease ends with its holder's session, and seconds after the holder
-- stopped where the session stays. A lock of the session (pg_advisory_lock) would be kept by a process that stands still.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE TABLE lease (
    name       text        NOT NULL,
    part       smallint    NOT NULL,
    holder     uuid,        -- a process; NULL: nobody's
    pid        integer,     -- of its session
    held_until timestamptz,
    PRIMARY KEY (name, part)
);
COMMENT ON TABLE lease IS 'relay: a part is outbox.shard; its holder publishes and marks these rows';
INSERT INTO lease (name, part) SELECT 'relay', generate_series(0, 15);

-- Who takes part in sharing out the leases of a name.
CREATE TABLE lease_holder (
    name       text        NOT NULL,
    holder     uuid        NOT NULL,
    pid        integer     NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (name, holder)
);

-- Whether whoever holds until then, by that session, still does. The upper bound: a clock that is set back lengthens nothing.
CREATE FUNCTION lease_holds(held_until timestamptz, session_pid integer) RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
    SELECT held_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '24 s'
           AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = session_pid)
$$;

-- Keeps what the holder has for 12 more seconds, gives back the parts that it is done with, and takes free ones up to its
-- share: all parts by the number of holders, rounded up. Answers what it holds now.
CREATE FUNCTION lease_keep(lease_name text, who uuid, giving smallint[])
RETURNS TABLE (part smallint, share integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    most integer;
BEGIN
    INSERT INTO lease_holder AS h (name, holder, pid, held_until)
    VALUES (lease_name, who, pg_backend_pid(), clock_timestamp() + interval '12 s')
    ON CONFLICT (name, holder) DO UPDATE SET pid = excluded.pid, held_until = excluded.held_until;
    DELETE FROM lease_holder h WHERE h.name = lease_name AND NOT lease_holds(h.held_until, h.pid);
    most := (SELECT ceil((SELECT count(*) FROM lease l WHERE l.name = lease_name) / greatest(count(*), 1)::numeric)
               FROM lease_holder h WHERE h.name = lease_name);
    UPDATE lease l SET holder = NULL, pid = NULL, held_until = NULL
     WHERE l.name = lease_name AND l.holder = who AND l.part = ANY (giving);
    UPDATE lease l SET pid = pg_backend_pid(), held_until = clock_timestamp() + interval '12 s'
     WHERE l.name = lease_name AND l.holder = who;
    UPDATE lease l SET holder = who, pid = pg_backend_pid(), held_until = clock_timestamp() + interval '12 s'
     WHERE l.name = lease_name
       AND l.part IN (SELECT free.part FROM lease free
                       WHERE free.name = lease_name AND free.part <> ALL (giving)
                         AND (free.holder IS NULL OR free.holder <> who AND NOT lease_holds(free.held_until, free.pid))
                       ORDER BY free.part
                       LIMIT greatest(most - (SELECT count(*) FROM lease mine WHERE mine.name = lease_name AND mine.holder = who), 0)
                         FOR UPDATE SKIP LOCKED);
    RETURN QUERY SELECT l.part, most FROM lease l WHERE l.name = lease_name AND l.holder = who;
END
$$;

-- Gives back everything: the holder ends.
CREATE FUNCTION lease_leave(lease_name text, who uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    DELETE FROM lease_holder h WHERE h.name = lease_name AND h.holder = who;
    UPDATE lease l SET holder = NULL, pid = NULL, held_until = NULL WHERE l.name = lease_name AND l.holder = who;
$$;

REVOKE ALL ON FUNCTION lease_holds(timestamptz, integer), lease_keep(text, uuid, smallint[]), lease_leave(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_keep(text, uuid, smallint[]), lease_leave(text, uuid) TO lockbox_relay;
GRANT SELECT ON lease TO lockbox_relay, lockbox_operator;

UPDATE schema_version SET version = 20;

RESET ROLE;
