-- The first statement of every batch: moves the offsets on, where this epoch still owns them and the
-- batch begins where the last one ended. Fewer rows than partitions means a newer owner exists.
UPDATE consumer_offset AS o
   SET next_offset = batch.next_offset
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[])
       AS batch (topic, "partition", epoch, expected, next_offset)
 WHERE o.consumer = $6 AND o.topic = batch.topic AND o."partition" = batch."partition"
   AND o.epoch = batch.epoch AND o.next_offset = batch.expected
RETURNING o.topic
