-- takes: ttl interval
DELETE FROM inbox
 WHERE (source, event_id) IN (SELECT source, event_id FROM inbox
                               WHERE received_at < (SELECT clock_timestamp()) - :ttl LIMIT 10000)
