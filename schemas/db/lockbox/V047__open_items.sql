-- Which items of a request are open, for the authorizer, which holds a deletion to the uid that was agreed to.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- A bit for each item that is good now, by its number.
CREATE FUNCTION access_open(request_id uuid) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    SELECT coalesce(bit_or(1::bigint << i.number), 0)
      FROM access_item i
     WHERE i.request_id = $1 AND i.number BETWEEN 1 AND 32
       AND i.starts_at <= clock_timestamp() AND i.expires_at > clock_timestamp()
$$;
REVOKE ALL ON FUNCTION access_open(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_open(uuid) TO lockbox_authorizer;

UPDATE schema_version SET version = 47;

RESET ROLE;
