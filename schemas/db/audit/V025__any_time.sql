-- A record may be of any time: its writer chooses it, and Kafka keeps 64 bits of milliseconds, of which PostgreSQL's
-- calendar knows a part.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- The milliseconds are what the leaf has. kafka_timestamp is the same moment, NULL outside of the years 1970 to
-- 9999. Rows from before this column have kafka_timestamp alone.
ALTER TABLE event
    ADD COLUMN kafka_timestamp_ms bigint,
    ALTER COLUMN kafka_timestamp DROP NOT NULL;
COMMENT ON COLUMN event.kafka_timestamp_ms IS 'milliseconds since 1970 as Kafka has them; NULL: kafka_timestamp says it';

-- Months that were detached can be attached again.
DO $$
DECLARE
    month regclass;
BEGIN
    FOR month IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'audit_detached'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN kafka_timestamp_ms bigint, ALTER COLUMN kafka_timestamp DROP NOT NULL', month);
    END LOOP;
END
$$;

UPDATE schema_version SET version = 25;

RESET ROLE;
