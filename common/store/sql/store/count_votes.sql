-- The votes that count towards a request: the database refuses an approval without them.
-- rows given: request_id uuid, principal_id text, decision text, counted_at timestamptz, signature text
INSERT INTO vote (:given_columns) SELECT * FROM :given
ON CONFLICT DO NOTHING
