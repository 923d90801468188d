-- takes: ttl interval
DELETE FROM outbox
 WHERE seq IN (SELECT seq FROM outbox
                WHERE published_at < (SELECT clock_timestamp()) - :ttl LIMIT 10000)
