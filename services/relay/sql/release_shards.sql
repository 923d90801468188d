SELECT pg_advisory_unlock(71061, shard) FROM unnest($1::integer[]) AS shard
