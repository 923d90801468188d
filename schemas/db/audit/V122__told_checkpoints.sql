-- Checkpoints that stand on their topic, signed by this deployment's key, and that the table of checkpoints has not: a store that was
-- restored from a backup forgot them, and learns them again as it reads the topic.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

CREATE TABLE told_checkpoint (
    topic       text        NOT NULL,
    "partition" integer     NOT NULL,
    size        bigint      NOT NULL CHECK (size > 0),
    origin      text        NOT NULL,
    root        bytea       NOT NULL CHECK (octet_length(root) = 32),
    key_id      text        NOT NULL,
    note        text        NOT NULL,
    read_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, "partition", size)
);
SELECT make_insert_only('told_checkpoint');

COMMENT ON TABLE told_checkpoint IS 'Checkpoints that were read on their topic, and that this store had not: it was restored from a backup, or built anew';
COMMENT ON COLUMN told_checkpoint.topic IS 'The topic of the log that is signed';
COMMENT ON COLUMN told_checkpoint."partition" IS 'The partition of the log that is signed';
COMMENT ON COLUMN told_checkpoint.size IS 'Leaves of the tree that is signed';
COMMENT ON COLUMN told_checkpoint.origin IS 'The log''s name in the world of transparency logs';
COMMENT ON COLUMN told_checkpoint.root IS 'Root of the tree that is signed';
COMMENT ON COLUMN told_checkpoint.key_id IS 'Id of the key that signed: eight hexadecimal digits';
COMMENT ON COLUMN told_checkpoint.note IS 'The checkpoint''s whole text, with its signatures';
COMMENT ON COLUMN told_checkpoint.read_at IS 'When it was read';

GRANT SELECT, INSERT ON told_checkpoint TO lockbox_audit_writer;
GRANT SELECT ON told_checkpoint TO lockbox_auditor, lockbox_tenant_auditor;

UPDATE schema_version SET version = 122;

RESET ROLE;
