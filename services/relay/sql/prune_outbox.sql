DELETE FROM outbox
 WHERE seq IN (SELECT seq FROM outbox
                WHERE published_at < (SELECT clock_timestamp()) - $1::interval LIMIT 10000)
