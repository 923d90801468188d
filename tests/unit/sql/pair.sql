-- rows given: number bigint, name text
INSERT INTO thing (:given_columns) SELECT * FROM :given
