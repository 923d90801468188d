-- One relay at a time for each shard: a lock each, held until released or until the session ends.
SELECT shard FROM unnest($1::integer[]) AS shard WHERE pg_try_advisory_lock(71061, shard)
