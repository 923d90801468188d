-- Doors that PostgreSQL leaves open to every login, and that none of these needs: locks by number, with which one login
-- stops another, large objects, temporary tables, notifications, the database itself.

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
    FOREACH login IN ARRAY ARRAY['lockbox_requester', 'lockbox_decider', 'lockbox_expirer', 'lockbox_relay', 'lockbox_notifier',
                                 'lockbox_worker', 'lockbox_enforcer', 'lockbox_authorizer', 'lockbox_operator']
    LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
    END LOOP;
END
$$;

-- Who wakes whom.
GRANT EXECUTE ON FUNCTION pg_notify(text, text)
    TO lockbox_owner, lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_notifier, lockbox_worker;

-- One login does not take every connection of the server. A transaction that its client forgot ends by itself.
ALTER ROLE lockbox_requester CONNECTION LIMIT 20;
ALTER ROLE lockbox_decider CONNECTION LIMIT 20;
ALTER ROLE lockbox_expirer CONNECTION LIMIT 20;
ALTER ROLE lockbox_relay CONNECTION LIMIT 20;
ALTER ROLE lockbox_notifier CONNECTION LIMIT 40;
ALTER ROLE lockbox_enforcer CONNECTION LIMIT 40;
ALTER ROLE lockbox_authorizer CONNECTION LIMIT 40;
ALTER ROLE lockbox_enforcer SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE lockbox_authorizer SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE lockbox_enforcer SET statement_timeout = '10s';
ALTER ROLE lockbox_authorizer SET statement_timeout = '10s';

SET LOCAL ROLE lockbox_owner;
-- Programs before 20 take advisory locks.
UPDATE lockbox.schema_version SET version = 21, oldest_program = 20;
RESET ROLE;
