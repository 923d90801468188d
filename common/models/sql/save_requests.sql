-- The largest version wins. Of two records with one version, the one with the smaller place (topic, partition, offset) wins.
-- rows given: request_id text key, version bigint, state text, tenant_id text, subscription_id text, ticket_id text,
--   engineer_id text, engineer_email text, engineer_name text, organization text, resource_id text, actions jsonb,
--   justification text, reason_code text, duration_us bigint input, approvals_needed integer optional,
--   created_at timestamptz, decide_by timestamptz, starts_at timestamptz, expires_at timestamptz, ended_at timestamptz,
--   ended_by text, ended_how text, reason text, reason_item integer optional, extends text, authorized_by text,
--   incident_id text, acknowledge_by timestamptz, acknowledged_at timestamptz, unacknowledged boolean, digest text,
--   topic text, partition integer, offset bigint, basis text, access_until timestamptz
INSERT INTO request_state AS kept (:given_columns, cluster, duration, length)
SELECT DISTINCT ON (given.request_id)
       given.:given_columns, lower(given.resource_id COLLATE "C"), nullif(given.duration_us, 0) * interval '1 microsecond',
       given.expires_at - given.starts_at
  FROM :given
 ORDER BY given.request_id, given.version DESC, given.topic, given."partition", given."offset"
ON CONFLICT (request_id) DO UPDATE
   SET (:given_values, cluster, duration, length)
     = (excluded.:given_values, excluded.cluster, excluded.duration, excluded.length)
 WHERE excluded.version > kept.version
    OR excluded.version = kept.version
       AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
