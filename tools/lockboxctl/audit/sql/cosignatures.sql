-- takes: checkpoint bigint
-- answers: line text
SELECT line FROM cosignature WHERE checkpoint = :checkpoint ORDER BY witness, key_id
