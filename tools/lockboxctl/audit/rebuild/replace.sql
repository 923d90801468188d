-- takes: model text
-- answers: rows bigint
SELECT audit.replace_model(:model) AS rows
