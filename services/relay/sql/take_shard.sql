-- One relay at a time for each shard: a lock each, held until released or until the session ends.
-- takes: shard integer
-- answers: taken boolean
SELECT pg_try_advisory_lock(71061, :shard) AS taken
