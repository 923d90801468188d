-- The logs that Kafka has, if it has their partitions: all but replaced ones.
-- answers: topic text, partition integer
SELECT topic, "partition" FROM log
 WHERE topic = log_name(log_topic(topic), "partition")
