-- A mail's row holds its last attempt; those before it have rows of their own. So taking a mail in hand and noting
-- what became of it write one row each, and the first of the two touches no index.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE notification_attempt RENAME TO notification_earlier_attempt;

ALTER TABLE notification
    ADD COLUMN attempt_ended_at timestamptz,
    -- Of the last attempt; NULL while it is under way, and where it has a row among the earlier ones.
    ADD COLUMN outcome text CHECK (outcome IN ('sent', 'deferred', 'failed', 'interrupted')),
    ADD COLUMN relay   text, -- host:port that answered last
    -- What is asked of earlier attempts, so that none becomes one that cannot be kept.
    ADD CHECK ((attempt_ended_at IS NULL) = (outcome IS NULL)),
    ADD CHECK (outcome <> 'sent' OR smtp_code = 250),
    ADD CHECK (outcome IS NULL OR attempted_at IS NOT NULL),
    -- Room for the row as it is while the mail is in hand, on the same page.
    SET (fillfactor = 50);

-- Nothing that a claim changes.
DROP INDEX notification_ready;
DROP INDEX notification_claimed;
CREATE INDEX notification_outstanding ON notification (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- And for the row's second version, beside the first.
ALTER INDEX notification_pkey SET (fillfactor = 50, deduplicate_items = off);
ALTER INDEX notification_once SET (fillfactor = 50, deduplicate_items = off);

-- Database sessions that may hold claims: those of the dead are looked for here, and not among the mails.
CREATE TABLE notification_sender (
    pid   integer     NOT NULL,
    since timestamptz NOT NULL, -- when the session began: numbers come again
    PRIMARY KEY (pid, since)
);

-- What the version before had in hand. Its workers are stopped.
UPDATE notification_earlier_attempt
   SET ended_at = clock_timestamp(), outcome = 'interrupted'
 WHERE ended_at IS NULL;
UPDATE notification
   SET state = 'deferred', sender_pid = NULL, sender_since = NULL
 WHERE state = 'sending';

-- Every attempt, once: what stands in the mail's own row is newer.
CREATE VIEW notification_attempt AS
SELECT notification_id, number, begun_at, ended_at, outcome, relay, smtp_code, enhanced_status, smtp_reply
  FROM notification_earlier_attempt AS earlier
 WHERE NOT EXISTS (SELECT FROM notification n
                    WHERE n.notification_id = earlier.notification_id AND n.attempts = earlier.number
                      AND n.outcome IS NOT NULL)
UNION ALL
SELECT notification_id, attempts, attempted_at, attempt_ended_at, outcome, relay, smtp_code, enhanced_status, smtp_reply
  FROM notification
 WHERE outcome IS NOT NULL OR state = 'sending';

GRANT UPDATE (attempt_ended_at, outcome, relay) ON notification TO lockbox_notifier;
REVOKE UPDATE (begun_at) ON notification_earlier_attempt FROM lockbox_notifier;
REVOKE SELECT ON notification_earlier_attempt FROM lockbox_operator;
GRANT SELECT, INSERT, DELETE ON notification_sender TO lockbox_notifier;
GRANT SELECT ON notification_attempt TO lockbox_operator;

UPDATE schema_version SET version = 10, oldest_program = 10;

RESET ROLE;
