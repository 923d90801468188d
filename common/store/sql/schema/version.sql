-- answers: version integer, oldest_program integer
SELECT version, oldest_program FROM schema_version
