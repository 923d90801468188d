-- The decisions that a request counted: the database approves none without them.
-- rows given: request_id uuid, principal_id text, decision text, counted_at timestamptz, signature text
INSERT INTO vote (:given_columns) SELECT * FROM :given
ON CONFLICT DO NOTHING
