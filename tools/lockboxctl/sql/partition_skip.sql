-- takes: topic text, partition integer, first_offset bigint, last_offset bigint, operator_id text, reason text, event_id uuid,
--   event text
-- answers: ordered boolean
SELECT partition_skip(:topic, :partition, :first_offset, :last_offset, :operator_id, :reason, :event_id, :event) AS ordered
