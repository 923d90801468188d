-- The number of partitions of each topic that the workers know, by the partitions that they took.
-- takes: prefix text
-- answers: topic text, consumer text, partitions integer
SELECT regexp_replace(topic, '^[0-9]+~', '') AS topic, consumer, max("partition") + 1 AS partitions
  FROM consumer_offset
 WHERE starts_with(consumer, :prefix)
 GROUP BY 1, 2
 ORDER BY 1, 2
