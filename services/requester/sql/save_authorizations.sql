-- rows given: signed_hash text
-- takes: at timestamptz
INSERT INTO emergency_authorization (:given_columns, used_at) SELECT *, :at FROM :given
