-- Doors that PostgreSQL leaves open to every login: see V021 of the operational database. Who reads stops nobody who records.

DO $$
DECLARE
    door regprocedure;
    login text;
BEGIN
    FOR door IN
        SELECT oid FROM pg_proc
         WHERE pronamespace = 'pg_catalog'::regnamespace
           AND (proname ~ '^pg_(try_)?advisory_' OR proname = 'pg_notify' OR proname ~ '^lo_' OR proname IN ('loread', 'lowrite'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', door);
    END LOOP;
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    FOREACH login IN ARRAY ARRAY['lockbox_audit_writer', 'lockbox_auditor', 'lockbox_tenant_auditor', 'lockbox_audit_owner']
    LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
    END LOOP;
    -- For audit rebuild --check, which makes the read models again beside the real ones.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO lockbox_audit_owner, lockbox_auditor', current_database());
END
$$;

-- Who records keeps to one order with others who do, and records nothing while the read models are made again.
GRANT EXECUTE ON FUNCTION pg_notify(text, text), pg_advisory_xact_lock(bigint), pg_advisory_xact_lock_shared(bigint)
    TO lockbox_audit_writer;
GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_advisory_unlock(bigint), pg_advisory_xact_lock(bigint) TO lockbox_audit_owner;

ALTER ROLE lockbox_audit_writer CONNECTION LIMIT 20;
ALTER ROLE lockbox_auditor CONNECTION LIMIT 20;
ALTER ROLE lockbox_auditor SET idle_in_transaction_session_timeout = '10min';

SET LOCAL ROLE lockbox_audit_owner;
-- Programs before 20 take advisory locks.
UPDATE audit.schema_version SET version = 21, oldest_program = 20;
RESET ROLE;
