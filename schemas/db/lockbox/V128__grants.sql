-- Which grants a question of the authorizer may rest on. access_check names one of them, and the content or the uid that is agreed to may
-- be another's.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- A row for each item that covers the change, whatever its content and uid, the one that lasts longest first: as access_check with '*'
-- answers it, and whether the item names the object. No row where access_check says no.
CREATE FUNCTION access_grants(engineer_id text, resource_id text, action text, namespace text, kind text, name text)
RETURNS TABLE (request_id uuid, expires_at timestamptz, reason text, version integer, is_named boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    SELECT i.request_id, i.expires_at, i.basis, r.version::integer, i.name IS NOT NULL
      FROM access_check(access_grants.engineer_id, access_grants.resource_id, access_grants.action, access_grants.namespace,
                        access_grants.kind, access_grants.name, '*') AS c, access_item i, request r
     WHERE c.allowed
       AND hashtextextended(i.engineer_id COLLATE "C", hashtextextended(i.resource_id COLLATE "C", 0))
           = hashtextextended(access_grants.engineer_id COLLATE "C",
                              hashtextextended(lower(access_grants.resource_id COLLATE "C") COLLATE "C", 0))
       AND i.engineer_id = access_grants.engineer_id AND i.resource_id = lower(access_grants.resource_id COLLATE "C")
       AND i.expires_at > greatest(clock_timestamp(), (SELECT m.at FROM clock_mark m WHERE m.only_row))
       AND i.starts_at <= clock_timestamp()
       AND i.action = access_grants.action AND i.action IN ('create_object', 'update_object', 'delete_object')
       AND i.namespace IS NOT DISTINCT FROM access_grants.namespace AND i.kind = access_grants.kind
       AND (i.name = access_grants.name OR (i.name IS NULL AND i.action = 'create_object'))
       AND r.request_id = i.request_id AND r.state = i.basis
     ORDER BY i.expires_at DESC, i.request_id
     LIMIT 100
$$;
REVOKE ALL ON FUNCTION access_grants(text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_grants(text, text, text, text, text, text) TO lockbox_authorizer;

UPDATE schema_version SET version = greatest(version, 128);

RESET ROLE;
