-- Marks in the outbox what Debezium has published, so that it can be pruned. To be run every few minutes, as a role that may update
-- lockbox.outbox.
--
-- Which rows Kafka has, only the slot knows: it is confirmed up to a place in the log. So: remember which rows are there, then the end of the
-- log, then wait until the slot has come so far. Nothing is marked where it does not come within a minute; a later run marks it.

BEGIN;
CREATE TEMPORARY TABLE seen ON COMMIT DROP AS
    SELECT seq FROM lockbox.outbox WHERE published_at IS NULL;

DO $$
DECLARE
    until CONSTANT pg_lsn := pg_current_wal_insert_lsn();
BEGIN
    FOR attempt IN 1..600 LOOP
        IF (SELECT confirmed_flush_lsn >= until FROM pg_replication_slots WHERE slot_name = 'lockbox_outbox') THEN
            UPDATE lockbox.outbox SET published_at = clock_timestamp() WHERE seq IN (SELECT seq FROM seen);
            RETURN;
        END IF;
        PERFORM pg_sleep(0.1);
    END LOOP;
END
$$;
COMMIT;
