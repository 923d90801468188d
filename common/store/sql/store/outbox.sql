-- rows given: id uuid, aggregatetype text, aggregateid text, type text, payload text, place ordinality
INSERT INTO outbox (:given_columns) SELECT :given_columns FROM :given ORDER BY place
