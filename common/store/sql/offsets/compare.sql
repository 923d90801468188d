-- Records the partitions whose offset committed in Kafka is ahead of the database's, and deletes
-- those where it no longer is. Answers those that no operator accepted. A partition with a newer
-- epoch is skipped, as its owner may have committed since.
-- rows given: topic text, partition integer, epoch bigint, next_offset bigint, committed_offset bigint
-- takes: consumer text
-- answers: topic text, partition integer
WITH ahead AS (
    SELECT given.*
      FROM :given
      JOIN consumer_offset AS o
        ON o.consumer = :consumer AND o.topic = given.topic AND o."partition" = given."partition" AND o.epoch = given.epoch
     WHERE given.committed_offset > given.next_offset
       AND NOT EXISTS (SELECT FROM offsets_accepted AS a
                        WHERE a.consumer = :consumer AND a.topic = given.topic AND a."partition" = given."partition"
                          AND a.committed_offset = given.committed_offset)),
kept AS (
    INSERT INTO set_back (consumer, topic, "partition", next_offset, committed_offset)
    SELECT :consumer, topic, "partition", next_offset, committed_offset FROM ahead
    ON CONFLICT DO NOTHING)
SELECT topic, "partition" FROM ahead
 UNION ALL
SELECT NULL, NULL
  FROM (SELECT array_agg(topic) AS topics, array_agg("partition"::integer) AS partitions
          FROM (SELECT given.topic, given."partition" FROM :given
                EXCEPT SELECT ahead.topic, ahead."partition" FROM ahead) AS each) AS agreeing
 WHERE set_back_forget(:consumer, agreeing.topics, agreeing.partitions)
