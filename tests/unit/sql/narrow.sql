-- rows given: name text, id uuid
INSERT INTO thing (:given_columns) SELECT * FROM :given
