-- A login that is bound to one tenant can prove the tenant's records: the hashes beside them are other tenants' too.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

-- As its owner, whom no policy hides a row from. A hash tells nothing of its record, and tiles show the same to everybody.
CREATE OR REPLACE FUNCTION leaf_hashes(the_topic text, the_partition integer, first bigint, behind bigint)
RETURNS TABLE ("offset" bigint, leaf_hash bytea) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
    SELECT e."offset", e.leaf_hash FROM audit.event e
     WHERE e.topic = the_topic AND e."partition" = the_partition AND e."offset" >= first AND e."offset" < behind
    UNION
    SELECT k."offset", k.leaf_hash FROM audit.kept_leaf k
     WHERE k.topic = the_topic AND k."partition" = the_partition AND k."offset" >= first AND k."offset" < behind
$$;

UPDATE schema_version SET version = 95;

RESET ROLE;
