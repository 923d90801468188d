-- Takes partitions for a consumer: a newer epoch fences whoever had them, and says where to read on.
INSERT INTO consumer_offset AS o (consumer, topic, "partition", epoch, next_offset, owner)
SELECT $3, given.topic, given."partition", 1, 0, $4
  FROM unnest($1::text[], $2::integer[]) AS given (topic, "partition")
 ORDER BY given.topic, given."partition"
ON CONFLICT (consumer, topic, "partition") DO UPDATE
   SET epoch = o.epoch + 1, owner = excluded.owner, taken_at = clock_timestamp()
RETURNING topic, "partition", epoch, next_offset
