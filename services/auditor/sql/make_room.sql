-- Makes the partitions of audit.event. Answers until when they suffice, in microseconds since the Unix epoch.
-- takes: now timestamptz
-- answers: until_us bigint
SELECT (extract(epoch FROM make_room(:now)) * 1000000)::bigint AS until_us
