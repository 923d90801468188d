-- What becomes of a removed subscription: its live requests end, and its id is its tenant's until an operator
-- releases it.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

CREATE INDEX request_live_subscription ON request (lower(subscription_id COLLATE "C")) WHERE due_at IS NOT NULL;

-- Who released which id, and why.
CREATE TABLE subscription_release (
    subscription_id text        NOT NULL,
    tenant_id       text        NOT NULL, -- whose it was
    operator_id     text        NOT NULL CHECK (operator_id <> ''), -- who the operator says they are
    login           text        NOT NULL,                           -- who the server says they are
    reason          text        NOT NULL CHECK (reason <> ''),
    released_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Lets another tenant add the id of a removed subscription. Answers whose it was; NULL where none is removed.
CREATE FUNCTION subscription_release(id text, who text, why text) RETURNS text
LANGUAGE sql SECURITY DEFINER
SET search_path = lockbox, pg_temp
AS $$
    WITH gone AS (
        DELETE FROM subscription s
         WHERE lower(s.subscription_id COLLATE "C") = lower(id COLLATE "C") AND (s.snapshot ->> 'removed')::boolean
        RETURNING s.subscription_id, s.tenant_id
    )
    INSERT INTO subscription_release (subscription_id, tenant_id, operator_id, login, reason)
    SELECT gone.subscription_id, gone.tenant_id, who, session_user, why FROM gone
    RETURNING tenant_id
$$;
REVOKE ALL ON FUNCTION subscription_release(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION subscription_release(text, text, text) TO lockbox_operator;
GRANT SELECT ON subscription_release TO lockbox_operator;

UPDATE schema_version SET version = 12;

RESET ROLE;
