-- The trace that a record belongs to (W3C Trace Context), as its event says: to look up what else was done in it.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

ALTER TABLE event ADD traceparent text, ADD tracestate text;

-- Months that were detached can be attached again.
DO $$
DECLARE
    month regclass;
BEGIN
    FOR month IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'audit_detached'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN traceparent text, ADD COLUMN tracestate text', month);
    END LOOP;
END
$$;

COMMENT ON COLUMN event.traceparent IS 'W3C Trace Context: the trace that the event belongs to, and its parent there; NULL: none, one of another form, or a record from before this column';
COMMENT ON COLUMN event.tracestate IS 'W3C Trace Context: what vendors say of that trace; NULL as traceparent';

UPDATE schema_version SET version = greatest(version, 134);

RESET ROLE;
