-- What Debezium needs in the operational database, once, as a superuser (and wal_level = logical). Then give lockbox_debezium a way to log
-- in that fits your pg_hba.conf, e.g. ALTER ROLE lockbox_debezium PASSWORD '…'.
--
-- Only insertions are published: what is marked or pruned in the outbox later concerns nobody.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_debezium') THEN
        CREATE ROLE lockbox_debezium LOGIN REPLICATION;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'lockbox_outbox') THEN
        CREATE PUBLICATION lockbox_outbox FOR TABLE lockbox.outbox WITH (publish = 'insert');
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO lockbox_debezium', current_database());
    -- mark.sql uses a temporary table, by a role that may update the outbox.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO lockbox_relay', current_database());
END
$$;
GRANT USAGE ON SCHEMA lockbox TO lockbox_debezium;
GRANT SELECT ON lockbox.outbox TO lockbox_debezium;
