-- The first `most` checkpoints behind a size, in the order of their sizes, of those numbered up to `last`.
-- takes: topic text, partition integer, behind bigint, most integer, last bigint
-- answers: number bigint, origin text, size bigint, root text, key_id text, note text
SELECT number, origin, size, encode(root, 'hex') AS root, key_id, note FROM checkpoint
 WHERE topic = :topic AND "partition" = :partition AND size > :behind AND number <= :last
 ORDER BY size, number LIMIT :most
