-- The ranges of offsets that operators ordered to skip in these partitions, and that are not behind next_offset.
-- rows held: topic text, partition integer, next_offset bigint
-- answers: topic text, partition integer, first_offset bigint, last_offset bigint
SELECT o.topic, o."partition", o.first_offset, o.last_offset
  FROM :held
  JOIN partition_order AS o
    ON o.topic = held.topic AND o."partition" = held."partition" AND o.what = 'skip' AND o.last_offset >= held.next_offset
 ORDER BY o.topic, o."partition", o.first_offset
