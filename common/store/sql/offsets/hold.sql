-- That this epoch still owns the partitions, until the transaction ends. Fewer rows than partitions means a
-- newer owner exists.
SELECT o.topic
  FROM consumer_offset AS o
  JOIN unnest($1::text[], $2::integer[], $3::bigint[]) AS held (topic, "partition", epoch)
    ON o.topic = held.topic AND o."partition" = held."partition" AND o.epoch = held.epoch
 WHERE o.consumer = $4
   FOR SHARE OF o
