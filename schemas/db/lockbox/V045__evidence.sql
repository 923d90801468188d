-- What the customer signed, for an authorizer that believes its customer's keys and no database.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE vote ADD signature text; -- of the decision, as it came; NULL: it came without one
GRANT INSERT (signature) ON vote TO lockbox_decider;

-- Of one request, no row where there is none: what consent is given to, and each decision that counted, with its signature
-- as it came. consent is an object of the request's members; starts_asked is the `starts_at` of its first event.
CREATE FUNCTION access_evidence(request_id uuid)
RETURNS TABLE (consent text, starts_asked timestamptz, decide_by timestamptz, decisions text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    SELECT '{' || r.consent || '}', r.starts_asked, r.decide_by,
           (SELECT json_build_object('decisions', coalesce(json_agg(json_strip_nulls(json_build_object(
                       'by', v.principal_id, 'decision', v.decision, 'at', v.counted_at, 'signature', v.signature))
                       ORDER BY v.counted_at, v.principal_id), '[]'::json))::text
              FROM vote v WHERE v.request_id = r.request_id)
      FROM request r
     WHERE r.request_id = access_evidence.request_id
$$;
REVOKE ALL ON FUNCTION access_evidence(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_evidence(uuid) TO lockbox_authorizer;

UPDATE schema_version SET version = 45;

RESET ROLE;
