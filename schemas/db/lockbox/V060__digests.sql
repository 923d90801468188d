-- Where many requests wait for one person, those beyond a number come as one mail: a digest, a row of the ledger that other
-- rows point at. A row that a digest carries is never claimed itself, and ends with the digest.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE notification
    ADD digest_id uuid REFERENCES notification, -- the mail that carries what this row would say
    ADD gathering boolean, -- of a digest: true until its first attempt, while it takes more rows; else NULL
    ADD CHECK (gathering IS NOT FALSE AND (gathering IS NULL OR kind = 'digest'));

-- One digest takes rows of a person at a time, whoever queues them.
CREATE UNIQUE INDEX notification_gathering ON notification (tenant_id, lower(recipient COLLATE "C"), audience) WHERE gathering;
CREATE INDEX notification_carried ON notification (digest_id) WHERE digest_id IS NOT NULL;
-- How many requests wait for a person. No column of this or the indexes above changes while a mail is sent.
CREATE INDEX notification_asked ON notification (lower(recipient COLLATE "C"), queued_at)
 WHERE kind IN ('approval_needed', 'reminder');

GRANT UPDATE (give_up_at, gathering) ON notification TO lockbox_notifier;

-- A program before this one would not end the rows that a digest carries.
UPDATE schema_version SET version = greatest(version, 60), oldest_program = greatest(oldest_program, 60);

RESET ROLE;
