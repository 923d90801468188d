-- How many partitions of each topic the workers know, by the rows of those that they took.
-- takes: prefix text
-- answers: topic text, consumer text, partitions integer
SELECT topic, consumer, max("partition") + 1 AS partitions
  FROM consumer_offset
 WHERE starts_with(consumer, :prefix)
 GROUP BY topic, consumer
 ORDER BY topic, consumer
