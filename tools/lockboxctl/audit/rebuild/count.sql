-- answers: records bigint
SELECT coalesce(sum(rows), 0)::bigint AS records FROM audit.log WHERE topic LIKE '%events.v1' OR topic LIKE '%accesses.v1'
