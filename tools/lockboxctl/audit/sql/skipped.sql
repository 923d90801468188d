-- Ranges of offsets that operators ordered to skip.
-- answers: topic text, partition integer, first_offset bigint, last_offset bigint, operator text, login text, reason text, at text
SELECT topic, "partition", first_offset, last_offset, operator, login, reason, at FROM skipped
 ORDER BY topic COLLATE "C", "partition", first_offset
