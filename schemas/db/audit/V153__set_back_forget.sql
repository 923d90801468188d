-- Partitions that are no longer ahead are forgotten by a function, as in the operational database, whose statements the auditor shares.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- False, as a condition of a query that answers nothing.
CREATE FUNCTION set_back_forget(the_consumer text, topics text[], partitions integer[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
    DELETE FROM set_back AS s
     USING unnest(topics, partitions) AS agreeing (topic, "partition")
     WHERE s.consumer = the_consumer AND NOT s.told
       AND s.topic = agreeing.topic AND s."partition" = agreeing."partition";
    RETURN false;
END
$$;
REVOKE ALL ON FUNCTION set_back_forget(text, text[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_back_forget(text, text[], integer[]) TO lockbox_audit_writer;

UPDATE schema_version SET version = greatest(version, 153);

RESET ROLE;
