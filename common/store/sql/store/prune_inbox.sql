-- takes: ttl interval
DELETE FROM inbox
 WHERE (source, event_id, topic, consumer) IN (SELECT source, event_id, topic, consumer FROM inbox
                                                WHERE received_at < (SELECT clock_timestamp()) - :ttl LIMIT 10000)
