-- Held until the connection ends, so that a second migration waits for the first.
SET client_min_messages = warning;
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET lock_timeout = '5min';
SELECT pg_advisory_lock(hashtext('lockbox_migration'));
SET lock_timeout = '10s';
