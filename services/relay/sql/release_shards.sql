-- rows given: shard integer
-- answers: nothing
SELECT pg_advisory_unlock(71061, shard) FROM :given
