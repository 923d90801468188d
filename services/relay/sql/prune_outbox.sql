-- Deletes events that were published before the ttl, except those that another transaction locks.
-- takes: ttl interval
-- answers: more boolean
SELECT outbox_prune(:ttl) AS more
