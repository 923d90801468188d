-- takes: topic text, partition integer
-- answers: number bigint, origin text, size bigint, root text, key_id text, note text, told boolean
SELECT number, origin, size, encode(root, 'hex') AS root, key_id, note, false AS told FROM checkpoint
 WHERE topic = :topic AND "partition" = :partition
 ORDER BY size DESC LIMIT 1
