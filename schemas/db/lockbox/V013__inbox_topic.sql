-- The inbox keeps events by who reads them and where they stood, too: an id that one system used says nothing of another's.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- '' in rows of the version before: the event with these bytes was seen, by whom and where is not known.
ALTER TABLE inbox
    ADD COLUMN consumer text NOT NULL DEFAULT '', -- consumer group
    ADD COLUMN topic text NOT NULL DEFAULT '',
    DROP CONSTRAINT inbox_pkey,
    ADD PRIMARY KEY (source, event_id, topic, consumer);
ALTER TABLE inbox ALTER consumer DROP DEFAULT, ALTER topic DROP DEFAULT;

-- Each worker's rows are its own: whoever has one worker's login makes no event of another's a repeated one.
ALTER TABLE inbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON inbox FOR SELECT USING (true); -- privileges say who
CREATE POLICY every_worker ON inbox TO lockbox_worker USING (true);
CREATE POLICY requester ON inbox TO lockbox_requester
    USING (consumer LIKE '%requester' OR topic = '') WITH CHECK (consumer LIKE '%requester');
CREATE POLICY decider ON inbox TO lockbox_decider
    USING (consumer LIKE '%decider' OR topic = '') WITH CHECK (consumer LIKE '%decider');
CREATE POLICY notifier ON inbox TO lockbox_notifier
    USING (consumer LIKE '%notifier' OR topic = '') WITH CHECK (consumer LIKE '%notifier');

UPDATE schema_version SET version = 13, oldest_program = 13;

RESET ROLE;
