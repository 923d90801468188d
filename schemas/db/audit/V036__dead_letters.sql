-- Dead letters of the topic that only the auditor reads: which records of it are to be published, or were.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

CREATE TABLE dead_letter (
    topic        text        NOT NULL,
    "partition"  integer     NOT NULL,
    "offset"     bigint      NOT NULL,
    received_at  timestamptz NOT NULL, -- as in audit.event, which has the record
    reason       text        NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (topic, "partition", "offset")
);
CREATE INDEX dead_letter_unpublished ON dead_letter (received_at) WHERE published_at IS NULL;
GRANT SELECT, INSERT, UPDATE (published_at) ON dead_letter TO lockbox_audit_writer;

UPDATE schema_version SET version = greatest(version, 36);

RESET ROLE;
