-- Those of the authorizations that an emergency has used.
-- takes: hashes text[]
-- answers: signed_hash text
SELECT signed_hash FROM emergency_authorization WHERE signed_hash = ANY (:hashes)
