-- An item that shows what changes, and has no digest of it, would open any change.
-- Fits any later version: it replaces a function that nothing else names.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE OR REPLACE FUNCTION check_opened_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    PERFORM refuse('access to what no request asked for, or was not given')
       FROM opened AS i
       LEFT JOIN request r ON r.request_id = i.request_id
      WHERE NOT coalesce(
                (r.state = i.basis OR i.expires_at <= r.ended_at)
                AND i.engineer_id = r.engineer_id AND i.resource_id = lower(r.resource_id COLLATE "C")
                AND i.starts_at >= r.starts_at AND i.expires_at <= r.expires_at
                AND EXISTS (SELECT FROM json_to_recordset(('{' || r.consent || '}')::json -> 'actions')
                                   AS asked (number integer, action text, namespace text, kind text, name text,
                                             container text, uid text, content json, kept boolean)
                             WHERE asked.number = i.number AND asked.action = i.action
                               AND asked.namespace IS NOT DISTINCT FROM i.namespace AND asked.kind IS NOT DISTINCT FROM i.kind
                               AND asked.name IS NOT DISTINCT FROM i.name
                               AND asked.container IS NOT DISTINCT FROM i.container AND asked.uid IS NOT DISTINCT FROM i.uid
                               AND asked.content ->> 'digest' IS NOT DISTINCT FROM i.content_digest
                               AND (asked.content IS NULL OR i.content_digest IS NOT NULL)
                               AND CASE WHEN r.kept IS NULL THEN asked.kept ELSE asked.number = ANY (r.kept) END), false);
    RETURN NULL;
END
$$;

UPDATE schema_version SET version = greatest(version, 178);

RESET ROLE;
