-- takes: id text, begun_at text, event_id uuid, event text, partition text, offset text
-- answers: settled boolean
SELECT quarantine_settle(:id::bigint, :begun_at::timestamptz, :event_id, :event, :partition::integer, :offset::bigint) AS settled
