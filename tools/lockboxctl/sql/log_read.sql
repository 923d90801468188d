-- A partition's current log, and the last record that was read from it.
-- takes: topic text, partition integer
-- answers: number integer, log text, last_offset text, last_hash bytea
SELECT number, log, last_offset, last_hash FROM log_read(:topic, :partition::integer)
