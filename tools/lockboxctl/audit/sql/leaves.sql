-- Leaf hashes of the records at offsets from `first` to before `behind`, also of detached months.
-- takes: topic text, partition integer, first bigint, behind bigint
-- answers: offset bigint, leaf_hash text
SELECT "offset", encode(leaf_hash, 'hex') AS leaf_hash FROM leaf_hashes(:topic, :partition, :first, :behind) ORDER BY "offset"
