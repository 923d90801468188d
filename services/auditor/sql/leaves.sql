-- takes: topic text, partition integer, first bigint, behind bigint
-- answers: offset bigint, leaf_hash bytea
SELECT "offset", leaf_hash FROM leaf_hashes(:topic, :partition, :first, :behind)
