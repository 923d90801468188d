-- The log that a partition is read as, and the last record that was read of it.
-- takes: topic text, partition integer
-- answers: number integer, log text, last_offset text, last_hash bytea
SELECT number, log, last_offset, last_hash FROM log_read(:topic, :partition::integer)
