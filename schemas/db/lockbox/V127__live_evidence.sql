-- Who enforces may see what was signed for access that is live, as one JSON value. The authorizer reads the same as it was written:
-- jsonb writes numbers anew, and signatures are over bytes.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

-- As access_evidence was, under another name.
CREATE FUNCTION signed_evidence(request_id uuid)
RETURNS TABLE (consent text, starts_asked timestamptz, decide_by timestamptz, decisions text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT '{' || r.consent || '}', r.starts_asked, r.decide_by,
           (SELECT json_build_object('decisions', coalesce(json_agg(json_strip_nulls(json_build_object(
                       'by', v.principal_id, 'decision', v.decision, 'at', v.counted_at, 'signature', v.signature))
                       ORDER BY v.counted_at, v.principal_id), '[]'::json))::text
              FROM vote v WHERE v.request_id = r.request_id)
      FROM request r
     WHERE r.request_id = signed_evidence.request_id;
END
$$;
REVOKE ALL ON FUNCTION signed_evidence(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signed_evidence(uuid) TO lockbox_authorizer;

DROP FUNCTION access_evidence(uuid);

-- Of a request whose access is live, as access_check means it: {consent, starts_asked, decide_by, decisions}; else NULL.
CREATE FUNCTION access_evidence(request_id uuid) RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    SELECT jsonb_build_object('consent', e.consent::jsonb, 'starts_asked', e.starts_asked, 'decide_by', e.decide_by,
                              'decisions', e.decisions::jsonb -> 'decisions')
      FROM signed_evidence($1) AS e
     WHERE EXISTS (
            SELECT FROM access_item i
              JOIN request r USING (request_id)
              JOIN clock_mark m ON m.only_row
             WHERE i.request_id = $1 AND r.state = i.basis
               AND i.starts_at <= clock_timestamp() AND i.expires_at > greatest(clock_timestamp(), m.at)
               AND clock_timestamp() >= m.at - interval '30 seconds')
       AND NOT EXISTS (SELECT FROM set_back)
$$;
REVOKE ALL ON FUNCTION access_evidence(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_evidence(uuid) TO lockbox_enforcer;

-- The authorizer before this one asks access_evidence for columns: it would open no cluster that trusts keys alone.
UPDATE schema_version SET version = greatest(version, 127), oldest_program = greatest(oldest_program, 127);

RESET ROLE;
