-- rows given: request_id uuid, state text, version bigint, tenant_id text, subscription_id text, ticket_id text,
--   engineer_id text, resource_id text, created_at timestamptz, decide_by timestamptz, starts_at timestamptz,
--   expires_at timestamptz, ended_at timestamptz, due_at timestamptz, reason text, starts_asked timestamptz,
--   standing text, consent text, particulars text, traceparent text, tracestate text
INSERT INTO request (:given_columns) SELECT * FROM :given
