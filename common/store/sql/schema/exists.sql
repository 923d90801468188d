-- Whether the schema has schema_version, which the first versions had not.
-- answers: it_does boolean
SELECT to_regclass('schema_version') IS NOT NULL AS it_does
