-- The store for years: events by the month in which they came, and a transparency log (RFC 6962) for each
-- partition of each topic. docs/audit.md says how it is kept, and how months leave.

CREATE SCHEMA audit_detached AUTHORIZATION lockbox_audit_owner;
SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;
SET LOCAL timezone = 'UTC';

-- ---- what nobody changes ----

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit.% takes new rows only: % refused', tg_table_name, tg_op
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Fires for whoever has the privilege, also where nothing would be hit, and in replica mode.
CREATE FUNCTION make_insert_only(relation regclass) RETURNS void LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', relation);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_change', relation);
END
$$;

-- ---- events, by month ----

DROP VIEW activity_log, completeness;
ALTER TABLE event RENAME TO event_v001;
DROP INDEX event_request, event_ticket, event_arrival;

-- By the month of received_at, our own clock's: producers choose kafka_timestamp, and one record from the
-- year 1970 or 2100 must neither need a partition nor end up in one that is detached tomorrow.
--
-- A unique constraint of the whole would have to hold received_at. That no record is here twice follows from
-- the fence (consumer_offset) and from log.size, which an append must begin at; each month has a unique index
-- besides.
CREATE TABLE event (
    topic           text        NOT NULL,
    "partition"     integer     NOT NULL,
    "offset"        bigint      NOT NULL,
    kafka_timestamp timestamptz NOT NULL,
    received_at     timestamptz NOT NULL, -- our machine's word, no part of the leaf
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
    leaf_hash       bytea       NOT NULL  -- RFC 6962 leaf hash of the record
) PARTITION BY RANGE (received_at);

-- Request ids are UUIDv7, in order; ticket ids are the ticketing system's, and a month bounds what their index
-- grows to. Event ids are random: they lead none.
CREATE INDEX event_request ON event (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX event_ticket ON event (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX event_arrival ON event USING brin (kafka_timestamp);
SELECT make_insert_only('event');

-- Attached when it is whole: that locks out nobody who reads or writes the other months.
CREATE FUNCTION make_month(first timestamptz) RETURNS void LANGUAGE plpgsql
SET search_path = audit, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month text := 'event_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(month) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE event)', month);
    EXECUTE format('CREATE UNIQUE INDEX ON %I (topic, "partition", "offset")', month);
    PERFORM make_insert_only(month::regclass);
    EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   month, first, first + interval '1 month');
END
$$;

-- Room for rows received at that time, and in the two months after it. The answer: until when nobody needs to
-- ask again. The writer may call this; so that it makes no tables without end, only for times near now.
CREATE FUNCTION make_room(at timestamptz) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz := date_trunc('month', at);
BEGIN
    IF at NOT BETWEEN clock_timestamp() - interval '400 days' AND clock_timestamp() + interval '400 days' THEN
        RAISE EXCEPTION 'the auditor''s clock says %, the database''s %', at, clock_timestamp()
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock('audit.event'::regclass::oid::bigint);
    FOR ahead IN 0..2 LOOP
        PERFORM make_month(month + make_interval(months => ahead));
    END LOOP;
    RETURN month + interval '1 month';
END
$$;

-- ---- logs ----

-- The head of each partition's log: leaf n is the record at offset base + n, or the empty leaf where no record
-- is. edge: the roots of the perfect subtrees that the leaves fall into, the largest first.
CREATE TABLE log (
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    base        bigint      NOT NULL CHECK (base >= 0),
    size        bigint      NOT NULL CHECK (size > 0),
    rows        bigint      NOT NULL, -- leaves that are records; the others are holes
    edge        bytea       NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, "partition"),
    CHECK (rows BETWEEN 1 AND size),
    CHECK (octet_length(edge) = 32 * bit_count(size::bit(64)))
) WITH (fillfactor = 50);

CREATE FUNCTION only_growth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (new.topic, new."partition", new.base) IS DISTINCT FROM (old.topic, old."partition", old.base)
       OR new.size <= old.size OR new.rows <= old.rows THEN
        RAISE EXCEPTION 'the log of %/% can only grow', old.topic, old."partition"
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER only_growth BEFORE UPDATE ON log FOR EACH ROW EXECUTE FUNCTION only_growth();
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log ENABLE ALWAYS TRIGGER only_growth;
ALTER TABLE log ENABLE ALWAYS TRIGGER refuse_change;

-- Full tiles (C2SP tlog-tiles): hash i of tile (level, index) is the root of 256^level leaves from
-- (256 · index + i) · 256^level on. Proofs need these, and never history.
CREATE TABLE tile (
    topic       text     NOT NULL,
    "partition" integer  NOT NULL,
    level       smallint NOT NULL,
    index       bigint   NOT NULL,
    hashes      bytea    NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (topic, "partition", level, index)
);
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL; -- hashes cannot be compressed
SELECT make_insert_only('tile');

-- Leaf hashes of months that are gone, where no full tile holds them yet.
CREATE TABLE kept_leaf (
    topic       text    NOT NULL,
    "partition" integer NOT NULL,
    "offset"    bigint  NOT NULL,
    leaf_hash   bytea   NOT NULL,
    PRIMARY KEY (topic, "partition", "offset")
);
SELECT make_insert_only('kept_leaf');

-- The leaf hashes of records in [first, behind); an offset of the log that is not among them is a hole. For
-- the leaves that no full tile holds: what is older may be detached.
CREATE FUNCTION leaf_hashes(the_topic text, the_partition integer, first bigint, behind bigint)
RETURNS TABLE ("offset" bigint, leaf_hash bytea) LANGUAGE sql STABLE AS $$
    SELECT e."offset", e.leaf_hash FROM audit.event e
     WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" >= first AND e."offset" < behind
    UNION
    SELECT k."offset", k.leaf_hash FROM audit.kept_leaf k
     WHERE k.topic = the_topic AND k."partition" = the_partition AND k."offset" >= first AND k."offset" < behind
$$;

-- ---- checkpoints ----

CREATE TABLE checkpoint (
    number      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    origin      text        NOT NULL,
    size        bigint      NOT NULL CHECK (size > 0),
    root        bytea       NOT NULL CHECK (octet_length(root) = 32),
    key_id      text        NOT NULL, -- of the signature: eight hexadecimal digits
    note        text        NOT NULL, -- C2SP signed note
    UNIQUE (topic, "partition", size) -- never two heads of one size
);
SELECT make_insert_only('checkpoint');

-- Each log's largest checkpoint that is on the topic of checkpoints.
CREATE TABLE publication (
    topic       text    NOT NULL,
    "partition" integer NOT NULL,
    size        bigint  NOT NULL,
    PRIMARY KEY (topic, "partition")
) WITH (fillfactor = 50);

-- Public keys that have signed here, and since when. Whom to trust a verifier is told elsewhere.
CREATE TABLE checkpoint_key (
    public_key    bytea       PRIMARY KEY CHECK (octet_length(public_key) = 32),
    first_used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_insert_only('checkpoint_key');

-- ---- months that leave ----

CREATE TABLE legal_hold (
    number    integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since     date        NOT NULL, -- what was received in [since, until)
    until     date        NOT NULL CHECK (until > since),
    reason    text        NOT NULL,
    placed_by text        NOT NULL DEFAULT session_user,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lifted_at timestamptz
);

-- Detaches a month that is over: its rows move to the schema audit_detached, to be dumped and dropped, and can
-- be attached again. The hashes that proofs need stay.
CREATE FUNCTION detach_month(month date) RETURNS regclass LANGUAGE plpgsql
SET search_path = audit, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first date := date_trunc('month', month);
    behind date := first + interval '1 month';
    name text := 'event_' || to_char(first, 'YYYY_MM');
    held legal_hold;
BEGIN
    IF behind > date_trunc('month', clock_timestamp()) THEN
        RAISE EXCEPTION '% is not over', to_char(first, 'YYYY-MM');
    END IF;
    SELECT * INTO held FROM legal_hold WHERE lifted_at IS NULL AND since < behind AND until > first LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% is on legal hold %: %', to_char(first, 'YYYY-MM'), held.number, held.reason;
    END IF;
    EXECUTE format($copy$
        INSERT INTO kept_leaf
        SELECT e.topic, e."partition", e."offset", e.leaf_hash
          FROM log l
          JOIN %I e ON e.topic = l.topic AND e."partition" = l."partition" AND e."offset" >= l.base + l.size / 256 * 256
            ON CONFLICT DO NOTHING $copy$, name);
    EXECUTE format('ALTER TABLE event DETACH PARTITION %I', name);
    EXECUTE format('ALTER TABLE %I SET SCHEMA audit_detached', name);
    RETURN format('audit_detached.%I', name)::regclass;
END
$$;

-- ---- what was there before ----

SELECT make_room(clock_timestamp());
SELECT make_month(month)
  FROM (SELECT DISTINCT date_trunc('month', received_at) AS month FROM event_v001) AS months;
INSERT INTO event SELECT * FROM event_v001 ORDER BY received_at;

CREATE FUNCTION tile_root(hashes bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    above bytea;
BEGIN
    WHILE octet_length(hashes) > 32 LOOP
        SELECT string_agg(sha256('\x01' || substr(hashes, i * 64 + 1, 64)), '' ORDER BY i) INTO above
          FROM generate_series(0, octet_length(hashes) / 64 - 1) AS i;
        hashes := above;
    END LOOP;
    RETURN hashes;
END
$$;

-- A log over the records that are there.
CREATE FUNCTION plant(the_topic text, the_partition integer, base bigint, size bigint, rows bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    edge bytea := '';
    leaves bigint := 0;
    carry bigint;
    leaf bytea;
    tiles bigint := size;
BEGIN
    CREATE TEMPORARY TABLE leaves ON COMMIT DROP AS
        SELECT i, coalesce(e.leaf_hash, sha256('\x00')) AS hash
          FROM generate_series(0, size - 1) AS i
          LEFT JOIN audit.event e ON e.topic = the_topic AND e."partition" = the_partition AND e."offset" = base + i;
    FOR leaf IN SELECT hash FROM pg_temp.leaves ORDER BY i LOOP
        carry := leaves;
        WHILE carry & 1 = 1 LOOP
            leaf := sha256('\x01' || substr(edge, octet_length(edge) - 31) || leaf);
            edge := substr(edge, 1, octet_length(edge) - 32);
            carry := carry >> 1;
        END LOOP;
        edge := edge || leaf;
        leaves := leaves + 1;
    END LOOP;
    INSERT INTO audit.log VALUES (the_topic, the_partition, base, size, rows, edge);
    INSERT INTO audit.tile
        SELECT the_topic, the_partition, 0, i / 256, string_agg(hash, '' ORDER BY i)
          FROM pg_temp.leaves GROUP BY i / 256 HAVING count(*) = 256;
    FOR above IN 1..7 LOOP
        INSERT INTO audit.tile
            SELECT the_topic, the_partition, above, t.index / 256, string_agg(audit.tile_root(t.hashes), '' ORDER BY t.index)
              FROM audit.tile t WHERE t.topic = the_topic AND t."partition" = the_partition AND t.level = above - 1
             GROUP BY t.index / 256 HAVING count(*) = 256;
    END LOOP;
    DROP TABLE pg_temp.leaves;
END
$$;

SELECT plant(topic, "partition", min("offset"), max("offset") - min("offset") + 1, count(*))
  FROM event_v001 GROUP BY topic, "partition";
DROP FUNCTION plant, tile_root;
DROP TABLE event_v001;

-- ---- views ----

-- Which offsets are there, and how many are missing between the first and the last: what the heads say, in
-- constant time. Whether they are right, `lockboxctl audit verify` finds out.
CREATE VIEW completeness AS
    SELECT topic, "partition", base AS first_offset, base + size - 1 AS last_offset, rows, size - rows AS missing
      FROM log;

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

-- ---- who may what ----

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_room TO lockbox_audit_writer;
GRANT EXECUTE ON FUNCTION leaf_hashes TO lockbox_audit_writer, lockbox_auditor;
GRANT SELECT, INSERT ON event, tile, checkpoint, checkpoint_key TO lockbox_audit_writer;
GRANT SELECT ON kept_leaf TO lockbox_audit_writer;
GRANT SELECT, INSERT, UPDATE (size, rows, edge, changed_at) ON log TO lockbox_audit_writer;
GRANT SELECT, INSERT, UPDATE (size) ON publication TO lockbox_audit_writer;
GRANT SELECT ON event, log, tile, kept_leaf, checkpoint, checkpoint_key, legal_hold, completeness, activity_log
   TO lockbox_auditor;

RESET ROLE;
