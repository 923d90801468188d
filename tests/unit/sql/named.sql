-- takes: name text[]
-- answers: name text
SELECT name FROM unnest(:name) AS name
