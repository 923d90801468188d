-- rows given: number bigint, at timestamptz, bytes bytea
INSERT INTO thing (:given_columns) SELECT * FROM :given
