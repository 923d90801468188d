-- A month that is over is summarized to its end. VACUUM leaves out an index's last, unfinished range of blocks, and
-- whoever asked for a time read that range of every month there is.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- Nobody waits for it: what VACUUM holds at the moment is summarized the next time.
CREATE FUNCTION close_month(first timestamptz) RETURNS void LANGUAGE plpgsql
SET search_path = audit, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
BEGIN
    PERFORM brin_summarize_new_values(i.indexrelid)
       FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_am a ON a.oid = c.relam AND a.amname = 'brin'
      WHERE i.indrelid = to_regclass('event_' || to_char(first, 'YYYY_MM'));
EXCEPTION
    WHEN lock_not_available OR insufficient_privilege THEN
        RAISE LOG 'the month of % is in use, or somebody else''s, and not summarized: %', first, SQLERRM;
END
$$;
REVOKE EXECUTE ON FUNCTION close_month FROM PUBLIC;

CREATE OR REPLACE FUNCTION make_room(at timestamptz) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz := date_trunc('month', at);
BEGIN
    IF at NOT BETWEEN clock_timestamp() - interval '400 days' AND clock_timestamp() + interval '400 days' THEN
        RAISE EXCEPTION 'the auditor''s clock says %, the database''s %', at, clock_timestamp()
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock('audit.event'::regclass::oid::bigint);
    FOR ahead IN 0..2 LOOP
        PERFORM make_month(month + make_interval(months => ahead));
    END LOOP;
    PERFORM close_month(month - interval '1 month');
    RETURN month + interval '1 month';
END
$$;

UPDATE schema_version SET version = 8;

RESET ROLE;
