-- Whether the schema says which programs it fits; those before that do not.
SELECT to_regclass('schema_version') IS NOT NULL
