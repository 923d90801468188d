-- What a customer's policy forbids, for the authorizer, which shows nothing of it before anybody is asked.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- A JSON array of entries, of the subscription that the cluster stands in.
CREATE FUNCTION access_forbidden(resource_id text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    SELECT coalesce((SELECT s.snapshot #>> '{policy,forbid}' FROM subscription s
                      WHERE lower(s.subscription_id COLLATE "C") = lower(split_part($1, '/', 3) COLLATE "C")), '[]')
$$;
REVOKE ALL ON FUNCTION access_forbidden(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_forbidden(text) TO lockbox_authorizer;

UPDATE schema_version SET version = greatest(version, 86);

RESET ROLE;
