-- Whether the database allows access as long as a setting does.
-- takes: longest interval
-- answers: it_does boolean
SELECT :longest <= grant_ttl_max AS it_does FROM operator_bound
