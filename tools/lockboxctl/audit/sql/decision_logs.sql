-- The logs of decisions, and the offset behind the last record of each.
-- answers: topic text, partition integer, behind bigint
SELECT topic, "partition", base + size AS behind FROM log WHERE topic LIKE '%decisions.v1' ORDER BY topic, "partition"
