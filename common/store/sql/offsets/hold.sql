-- Locks the partitions of this epoch until the transaction ends. Fewer rows than partitions mean
-- that a newer epoch exists.
-- rows given: topic text, partition integer, epoch bigint
-- takes: consumer text
-- answers: topic text
SELECT o.topic
  FROM consumer_offset AS o
  JOIN :given
    ON o.topic = given.topic AND o."partition" = given."partition" AND o.epoch = given.epoch
 WHERE o.consumer = :consumer
   FOR SHARE OF o
