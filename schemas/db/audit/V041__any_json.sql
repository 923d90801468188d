-- One record that jsonb cannot take (1e-20000, \u0000) hides its own data, and no other record's.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- data of a record's event, in either mode; NULL where its month was detached, or where jsonb cannot take it. A record is
-- received soon after it was written: the months from then on are looked into first, one by one.
CREATE OR REPLACE FUNCTION event_data(the_topic text, the_partition integer, the_offset bigint, written_at timestamptz)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT audit.event_content(coalesce(
               (SELECT e.raw FROM audit.event e
                 WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" = the_offset
                   AND e.received_at >= written_at - interval '1 hour'
                 LIMIT 1),
               (SELECT e.raw FROM audit.event e
                 WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" = the_offset
                 LIMIT 1)))
$$;

GRANT EXECUTE ON FUNCTION event_body, event_content TO lockbox_audit_writer, lockbox_auditor, lockbox_tenant_auditor;

UPDATE schema_version SET version = 41;

RESET ROLE;
