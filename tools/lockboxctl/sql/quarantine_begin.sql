SELECT begun, outcome, operator_id, login, begun_at, settled_at
  FROM quarantine_begin($1::bigint, $2::text, $3::text, $4::text)
