-- The columns that a step changes. No other column ever changes.
-- rows given: request_id uuid key, state text, version bigint, starts_at timestamptz, expires_at timestamptz,
--   ended_at timestamptz, due_at timestamptz, kept text input, standing text, particulars text
UPDATE request AS r
   SET (:given_values, kept, version_before) = (given.:given_values, given.kept::integer[], r.version)
  FROM :given
 WHERE r.request_id = given.request_id
