-- What a request asks for is read by the names of its own members. The content of an item stands in `consent`, too, and an object has members
-- of any name: its "duration" was taken for the request's, and its "approvals_needed" for what the policy asks.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE OR REPLACE FUNCTION is_within(consent text, starts_asked timestamptz, created_at timestamptz, starts_at timestamptz,
                                     expires_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN isfinite(starts_at) AND isfinite(expires_at) AND starts_at >= greatest(created_at, starts_asked)
       AND expires_at <= starts_at + least((('{' || consent || '}')::json ->> 'duration')::interval,
                                           (SELECT grant_ttl_max FROM lockbox.operator_bound));
END
$$;

-- As before, and approvals are counted against the request's own member.
CREATE OR REPLACE FUNCTION check_changed_requests() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
DECLARE
    moves CONSTANT text[] := ARRAY(SELECT m.from_state || '>' || m.to_state FROM legal_move m
                                    WHERE pg_has_role(session_user, m.role, 'USAGE'));
BEGIN
    PERFORM CASE
        WHEN n.version <= o.version THEN refuse('a request''s version only rises')
        WHEN NOT o.state || '>' || n.state = ANY (moves) THEN refuse('this role makes no such move')
        WHEN NOT is_standing(n.standing, n.request_id, n.state, n.version, n.decide_by, n.expires_at)
            THEN refuse('the request''s text is not its row')
        WHEN n.particulars <> o.particulars AND NOT is_particulars(n.particulars) THEN refuse('these are no particulars')
        WHEN n.kept IS DISTINCT FROM o.kept AND NOT coalesce(n.kept <@ o.kept, n.kept IS NOT NULL)
            THEN refuse('items are never added')
        WHEN n.expires_at IS DISTINCT FROM o.expires_at
             AND NOT coalesce(is_within(n.consent, n.starts_asked, n.created_at, n.starts_at, n.expires_at), false)
            THEN refuse('access beyond what was asked for')
        WHEN n.state = 'approved' AND o.state <> 'approved'
             AND NOT has_votes(n.request_id, n.consent, coalesce((('{' || n.consent || '}')::json ->> 'approvals_needed')::integer, 1))
            THEN refuse('approved without votes')
        END
       FROM after AS n
       JOIN before AS o USING (request_id);
    RETURN NULL;
END
$$;

-- Made of the first such member of the text.
ALTER TABLE request DROP COLUMN approvals_needed;

UPDATE schema_version SET version = greatest(version, 166);

RESET ROLE;
