-- Whether a partition may have records that workers read: false if they read other partitions of its topic, and never this one.
-- takes: topic text, partition integer
-- answers: known boolean
SELECT count(*) = 0 OR bool_or("partition" = :partition) AS known
  FROM consumer_offset
 WHERE regexp_replace(topic, '^[0-9]+~', '') = :topic
