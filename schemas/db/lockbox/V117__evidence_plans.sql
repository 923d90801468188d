-- What the authorizer asks for each change keeps its plans between calls, which a function in SQL does not: PL/pgSQL does.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE OR REPLACE FUNCTION access_evidence(request_id uuid)
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
     WHERE r.request_id = access_evidence.request_id;
END
$$;

-- A bit for each item that is good now, by its number.
CREATE OR REPLACE FUNCTION access_open(request_id uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT coalesce(bit_or(1::bigint << i.number), 0)
          FROM access_item i
         WHERE i.request_id = $1 AND i.number BETWEEN 1 AND 32
           AND i.starts_at <= clock_timestamp() AND i.expires_at > clock_timestamp());
END
$$;

UPDATE schema_version SET version = greatest(version, 117);

RESET ROLE;
