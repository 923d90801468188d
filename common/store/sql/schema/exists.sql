-- Whether the schema says which programs it fits; those before that do not.
-- answers: it_does boolean
SELECT to_regclass('schema_version') IS NOT NULL AS it_does
