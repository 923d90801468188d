-- takes: topic text, partition integer, first bigint
-- answers: offset bigint, leaf_hash text
SELECT "offset", encode(leaf_hash, 'hex') AS leaf_hash FROM kept_leaf
 WHERE topic = :topic AND "partition" = :partition AND "offset" >= :first ORDER BY "offset"
