-- Removes events that were published long ago, but none that another transaction holds.
-- takes: ttl interval
-- answers: more boolean
WITH gone AS (
    DELETE FROM outbox
     WHERE seq IN (SELECT seq FROM outbox
                    WHERE published_at < (SELECT clock_timestamp()) - :ttl LIMIT 10000
                      FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT count(*) = 10000 AS more FROM gone
