-- The logs of decisions, with their end offsets.
-- answers: topic text, partition integer, behind bigint
SELECT topic, "partition", base + size AS behind FROM log WHERE topic LIKE '%decisions.v1' ORDER BY topic, "partition"
