-- The first statement of each batch: moves the offsets, if this epoch owns the partitions and the
-- batch begins at the committed offset. Fewer rows than partitions mean that a newer epoch exists.
-- rows given: topic text, partition integer, epoch bigint, expected bigint, next_offset bigint,
--   last_offset bigint, last_hash bytea
-- takes: consumer text
-- answers: topic text
UPDATE consumer_offset AS o
   SET next_offset = given.next_offset, last_offset = given.last_offset, last_hash = given.last_hash
  FROM :given
 WHERE o.consumer = :consumer AND o.topic = given.topic AND o."partition" = given."partition"
   AND o.epoch = given.epoch AND o.next_offset = given.expected
RETURNING o.topic
