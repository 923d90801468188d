-- The body of snapshot(request) is text. One that PostgreSQL keeps parsed stands in the way of each ALTER TABLE request that
-- gives a column a value: with 15.20, 17.12 and what came the same day, "function snapshot(request) uses its row type".
-- Fits any later version: from V014 on the function is V019's.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'request'::regclass AND attname = 'consent') THEN
        CREATE OR REPLACE FUNCTION snapshot(request) RETURNS json
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS $$ SELECT ('{' || ($1).standing || ',' || ($1).particulars || '}')::json $$;
    END IF;
END
$do$;

RESET ROLE;
