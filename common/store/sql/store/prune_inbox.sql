DELETE FROM inbox
 WHERE (source, event_id) IN (SELECT source, event_id FROM inbox
                               WHERE received_at < (SELECT clock_timestamp()) - $1::interval LIMIT 10000)
