-- Sets the longest access that the database allows.
-- takes: grant_ttl_max interval
-- answers: grant_ttl_max text
UPDATE lockbox.operator_bound SET grant_ttl_max = :grant_ttl_max
 WHERE grant_ttl_max <> :grant_ttl_max
RETURNING grant_ttl_max::text AS grant_ttl_max
