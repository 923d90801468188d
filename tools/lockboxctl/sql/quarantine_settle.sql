-- takes: id text, begun_at text, event_id uuid, settled_by json, partition text, offset text
-- answers: settled boolean
SELECT quarantine_settle(:id::bigint, :begun_at::timestamptz, :event_id, :settled_by, :partition::integer, :offset::bigint) AS settled
