-- rows head: topic text, partition integer, base bigint, size bigint, rows bigint, edge bytea
INSERT INTO log (:head_columns) SELECT * FROM :head
