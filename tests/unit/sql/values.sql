-- takes: one text, two text, three bigint
INSERT INTO thing (one, two, three) VALUES (:one, :two, :three)
