-- takes: model text
-- answers: rows bigint, key text, what text
SELECT rows, key, what FROM audit.model_differences(:model)
