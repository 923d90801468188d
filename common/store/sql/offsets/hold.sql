-- That this epoch still owns the partitions, until the transaction ends. Fewer rows than partitions means a
-- newer owner exists.
-- rows given: topic text, partition integer, epoch bigint
-- takes: consumer text
-- answers: topic text
SELECT o.topic
  FROM consumer_offset AS o
  JOIN :given
    ON o.topic = given.topic AND o."partition" = given."partition" AND o.epoch = given.epoch
 WHERE o.consumer = :consumer
   FOR SHARE OF o
