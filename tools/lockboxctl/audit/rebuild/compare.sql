-- takes: model text
-- answers: rows bigint, key text, what text
SELECT rows, key, what FROM pg_temp.model_differences(:model)
