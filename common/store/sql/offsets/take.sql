-- Takes partitions for a consumer: raises the epoch, which fences the previous owner, and returns the next offset.
-- The row is the log's, by name: a log that an operator accepted in place of another is read from its beginning.
-- rows given: topic text, partition integer
-- takes: consumer text, owner text
-- answers: topic text, partition integer, epoch bigint, next_offset bigint, last_offset bigint,
--   last_hash bytea
INSERT INTO consumer_offset AS o (consumer, topic, "partition", epoch, next_offset, owner)
SELECT :consumer, log_name(given.topic, given."partition"::integer), given."partition", 1, 0, :owner
  FROM :given
 ORDER BY 2, 3
ON CONFLICT (consumer, topic, "partition") DO UPDATE
   SET epoch = o.epoch + 1, owner = excluded.owner, taken_at = clock_timestamp()
RETURNING topic, "partition", epoch, next_offset, last_offset, last_hash
