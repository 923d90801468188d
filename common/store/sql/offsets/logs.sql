-- The partitions for which an operator accepted another log since they were taken.
-- rows held: topic text, partition integer, next_offset bigint
-- answers: topic text, partition integer
SELECT held.topic, held."partition"
  FROM :held
 WHERE held.topic <> log_name(log_topic(held.topic), held."partition"::integer)
