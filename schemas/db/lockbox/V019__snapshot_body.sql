-- The body of snapshot(request) is text again, as V014 found it: V005 says why.
-- Fits any later version.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE OR REPLACE FUNCTION snapshot(request) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT ('{' || ($1).standing || ',' || lockbox.consent_kept(($1).consent, ($1).kept) || ',' || ($1).particulars || '}')::json
$$;

RESET ROLE;
