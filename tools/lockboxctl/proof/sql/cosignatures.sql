SELECT line FROM cosignature WHERE checkpoint = $1::bigint ORDER BY witness, key_id
