-- What a cluster reports and nobody can read is kept as records are that nobody can read.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- The authorizer's only way into the quarantine. topic: where the report would have gone; it came from no partition.
CREATE FUNCTION quarantine_report(topic text, source text, value bytea, reason text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    INSERT INTO quarantine (consumer, topic, "partition", "offset", kafka_timestamp, key, headers, value, reason)
    VALUES ('lockbox.authorizer', $1, 0, 0, clock_timestamp(), convert_to($2, 'UTF8'), '\x00000000', $3, $4)
$$;
REVOKE ALL ON FUNCTION quarantine_report(text, text, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION quarantine_report(text, text, bytea, text) TO lockbox_authorizer;

UPDATE schema_version SET version = 46;

RESET ROLE;
