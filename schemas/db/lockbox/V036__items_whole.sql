-- An open item has all that was agreed to, also its container and uid; and the decider asks again what a policy forbids.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE access_item
    ADD container text, -- of get_pod_logs; NULL: every container
    ADD uid       text; -- of delete_object

UPDATE access_item AS i
   SET container = asked.container, uid = asked.uid
  FROM request r, json_to_recordset(('{' || r.consent || '}')::json -> 'actions') AS asked (number integer, container text, uid text)
 WHERE i.action IN ('get_pod_logs', 'delete_object') AND i.expires_at > clock_timestamp()
   AND r.request_id = i.request_id AND asked.number = i.number AND coalesce(asked.container, asked.uid) IS NOT NULL;

-- As before, and also of container and uid.
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
                                             container text, uid text, kept boolean)
                             WHERE asked.number = i.number AND asked.action = i.action
                               AND asked.namespace IS NOT DISTINCT FROM i.namespace AND asked.kind IS NOT DISTINCT FROM i.kind
                               AND asked.name IS NOT DISTINCT FROM i.name
                               AND asked.container IS NOT DISTINCT FROM i.container AND asked.uid IS NOT DISTINCT FROM i.uid
                               AND CASE WHEN r.kept IS NULL THEN asked.kept ELSE asked.number = ANY (r.kept) END), false);
    RETURN NULL;
END
$$;

GRANT SELECT (subscription_id, snapshot) ON subscription TO lockbox_decider;

-- A program before this one opens items without their container.
UPDATE schema_version SET version = greatest(version, 36), oldest_program = greatest(oldest_program, 36);

RESET ROLE;
