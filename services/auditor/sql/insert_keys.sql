-- rows given: public_key bytea
INSERT INTO checkpoint_key (:given_columns) SELECT * FROM :given ON CONFLICT DO NOTHING
