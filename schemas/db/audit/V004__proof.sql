-- What outside witnesses (C2SP tlog-witness) have signed of our checkpoints. docs/transparency.md says what it proves.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

CREATE TABLE cosignature (
    checkpoint  bigint      NOT NULL REFERENCES checkpoint,
    witness     text        NOT NULL, -- the name of its key
    key_id      text        NOT NULL, -- eight hexadecimal digits
    at          timestamptz NOT NULL, -- the witness's word
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    line        text        NOT NULL, -- the signature line, with its newline: appended to the note
    PRIMARY KEY (checkpoint, witness, key_id)
);
SELECT make_insert_only('cosignature');

GRANT SELECT, INSERT ON cosignature TO lockbox_audit_writer;
GRANT SELECT ON cosignature TO lockbox_auditor;

RESET ROLE;
