-- The offsets to which this consumer has read a topic's partitions, in their current logs.
-- takes: consumer text, topic text
-- answers: partition integer, next_offset bigint
SELECT "partition", next_offset
  FROM consumer_offset
 WHERE consumer = :consumer AND topic = log_name(:topic, "partition")
