-- Of these authorizations, those by which an emergency was opened.
-- takes: hashes text[]
-- answers: signed_hash text
SELECT signed_hash FROM emergency_authorization WHERE signed_hash = ANY (:hashes)
