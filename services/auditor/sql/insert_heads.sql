-- rows given: topic text, partition integer, base bigint, size bigint, rows bigint, edge bytea
INSERT INTO log (:given_columns) SELECT * FROM :given
