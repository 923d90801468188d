-- A rejected record may be of any time: Kafka keeps 64 bits of milliseconds, of which PostgreSQL's calendar knows a part.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- kafka_timestamp is NULL outside of the years 1970 to 9999. Rows from before this column have kafka_timestamp alone.
ALTER TABLE quarantine
    ADD COLUMN kafka_timestamp_ms bigint,
    ALTER COLUMN kafka_timestamp DROP NOT NULL;
GRANT INSERT (kafka_timestamp_ms) ON quarantine TO lockbox_requester, lockbox_decider, lockbox_notifier;

UPDATE schema_version SET version = 25;

RESET ROLE;
