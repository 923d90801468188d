-- Takes partitions for a consumer: a newer epoch fences whoever had them, and says where to read on.
-- rows given: topic text, partition integer
-- takes: consumer text, owner text
-- answers: topic text, partition integer, epoch bigint, next_offset bigint
INSERT INTO consumer_offset AS o (consumer, topic, "partition", epoch, next_offset, owner)
SELECT :consumer, given.topic, given."partition", 1, 0, :owner
  FROM :given
 ORDER BY given.topic, given."partition"
ON CONFLICT (consumer, topic, "partition") DO UPDATE
   SET epoch = o.epoch + 1, owner = excluded.owner, taken_at = clock_timestamp()
RETURNING topic, "partition", epoch, next_offset
