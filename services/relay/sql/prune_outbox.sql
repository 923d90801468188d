-- Removes events that were published long ago, but none that another transaction holds.
-- takes: ttl interval
-- answers: more boolean
SELECT outbox_prune(:ttl) AS more
