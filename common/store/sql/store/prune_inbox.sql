-- takes: ttl interval
-- answers: more boolean
SELECT inbox_prune(:ttl) AS more
