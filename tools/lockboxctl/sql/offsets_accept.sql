-- takes: operator_id text, reason text
-- answers: consumer text, topic text, partition integer, next_offset bigint, committed_offset bigint
SELECT consumer, topic, "partition", next_offset, committed_offset FROM offsets_accept(:operator_id, :reason)
