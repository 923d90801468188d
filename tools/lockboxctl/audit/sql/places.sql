-- The logs that Kafka has, if it has their partitions: none of those in whose place another one was accepted.
-- answers: topic text, partition integer
SELECT topic, "partition" FROM log
 WHERE topic = log_name(log_topic(topic), "partition")
