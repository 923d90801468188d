SELECT coalesce(sum(rows), 0)::bigint FROM audit.log WHERE topic LIKE '%events.v1' OR topic LIKE '%accesses.v1'
