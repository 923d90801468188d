-- The mail ledger's attempts, and what its senders look rows up by.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- One row for each time a mail was taken in hand, entered before anything is sent.
CREATE TABLE notification_attempt (
    notification_id uuid        NOT NULL,
    number          integer     NOT NULL, -- 1, 2, 3, … within its notification
    begun_at        timestamptz NOT NULL,
    ended_at        timestamptz,
    outcome         text        CHECK (outcome IN ('sent', 'deferred', 'failed', 'interrupted', 'returned')),
    relay           text, -- host:port that answered last
    smtp_code       integer,
    enhanced_status text, -- RFC 3463
    smtp_reply      text,
    PRIMARY KEY (notification_id, number),
    -- Under way, or over with an outcome. interrupted: whoever made it died before saying how it ended, so
    -- that the mail may or may not have been taken. returned: nothing was sent, it is no attempt; the next one
    -- has its number.
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK (outcome <> 'sent' OR smtp_code = 250)
);

ALTER TABLE notification
    ADD COLUMN enhanced_status text,
    ADD CHECK (state <> 'sent' OR smtp_code = 250);

DROP INDEX notification_due;
CREATE INDEX notification_ready ON notification (next_attempt_at) WHERE state IN ('queued', 'deferred');
CREATE INDEX notification_claimed ON notification (sender_pid) WHERE state = 'sending';

GRANT SELECT, INSERT, UPDATE, DELETE ON notification_attempt TO lockbox_worker;
GRANT SELECT ON notification_attempt TO lockbox_operator;

RESET ROLE;
