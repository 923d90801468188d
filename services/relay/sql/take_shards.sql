-- One relay at a time for each shard: a lock each, held until released or until the session ends.
-- rows given: shard integer
-- answers: shard integer
SELECT shard FROM :given WHERE pg_try_advisory_lock(71061, shard)
