-- takes: topic text, partition integer, number integer, operator_id text, reason text
-- answers: accepted boolean
SELECT partition_accept(:topic, :partition::integer, :number::integer, :operator_id, :reason) AS accepted
