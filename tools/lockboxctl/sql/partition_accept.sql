-- takes: topic text, partition integer, number integer, operator_id text, reason text, event_id uuid, event text
-- answers: accepted boolean
SELECT partition_accept(:topic, :partition::integer, :number::integer, :operator_id, :reason, :event_id, :event) AS accepted
