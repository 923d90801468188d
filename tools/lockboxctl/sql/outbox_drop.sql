-- takes: id text, operator_id text, reason text
-- answers: dropped boolean
SELECT outbox_drop(:id::bigint, :operator_id, :reason) AS dropped
