-- takes: id text, outcome text, operator_id text, reason text
-- answers: begun boolean, outcome text, operator_id text, login text, begun_at text, settled_at text
SELECT begun, outcome, operator_id, login, begun_at, settled_at
  FROM quarantine_begin(:id::bigint, :outcome, :operator_id, :reason)
