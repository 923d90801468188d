-- Webhooks: a channel of a subscription that is told what its alternates are mailed. A message to it is a row of the mail ledger.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE notification
    ADD channel text CHECK (channel IN ('slack', 'teams', 'cloudevents')), -- a webhook's format; NULL: a mail
    -- A mail in hand is 24 bytes longer than one that waits: both versions fit on a page.
    SET (fillfactor = 45);

-- A webhook's server answers by HTTP.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN SELECT c.conrelid::regclass AS place, c.conname
                   FROM pg_constraint c
                  WHERE c.conrelid IN ('notification'::regclass, 'notification_earlier_attempt'::regclass) AND c.contype = 'c'
                    AND pg_get_constraintdef(c.oid) LIKE '%smtp_code = 250%'
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.place, found.conname);
    END LOOP;
END
$$;
ALTER TABLE notification
    ADD CONSTRAINT notification_sent CHECK (state <> 'sent' OR smtp_code = 250 OR channel IS NOT NULL),
    ADD CONSTRAINT notification_attempt_sent CHECK (outcome <> 'sent' OR smtp_code = 250 OR channel IS NOT NULL);
ALTER TABLE notification_earlier_attempt
    ADD CONSTRAINT notification_earlier_attempt_sent CHECK (outcome <> 'sent' OR smtp_code BETWEEN 200 AND 299);

-- Whoever knows a URL can post there: the ledger, events and logs name a webhook by its hash, in an address's form.
CREATE VIEW webhook AS
SELECT s.tenant_id, lower(s.subscription_id COLLATE "C") AS subscription_id, w.url, w.format,
       left(encode(sha256(convert_to(w.url, 'UTF8')), 'hex'), 16) || '@'
       || lower(at.host COLLATE "C") AS recipient
  FROM subscription s
 CROSS JOIN LATERAL json_to_recordset(s.snapshot -> 'webhooks') AS w (url text, format text)
 CROSS JOIN LATERAL (SELECT substring(w.url FROM '^https://([^:/?]+)') AS host) AS at
 WHERE NOT coalesce((s.snapshot ->> 'removed')::boolean, false);

GRANT SELECT ON webhook TO lockbox_notifier;

-- A program before this one would mail what is for a webhook.
UPDATE schema_version SET version = greatest(version, 105), oldest_program = greatest(oldest_program, 105);

RESET ROLE;
