-- After a failover, what was told is compared with what is known: a standby that took over may have missed the last commits
-- of a worker that had not written its offset to Kafka yet.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- One row: the server's timeline when this schema was made, or last agreed with. Every promotion begins another.
CREATE TABLE server_timeline (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    timeline text    NOT NULL
);
INSERT INTO server_timeline (timeline) VALUES (left(pg_walfile_name(pg_current_wal_lsn()), 8));

-- Found so, and not by offsets: these stay until an operator accepts them.
ALTER TABLE set_back ADD told boolean NOT NULL DEFAULT false;

GRANT SELECT ON server_timeline TO lockbox_worker, lockbox_operator, lockbox_notifier;
GRANT SELECT (request_id, version) ON request TO lockbox_notifier;

UPDATE schema_version SET version = 32;

RESET ROLE;
