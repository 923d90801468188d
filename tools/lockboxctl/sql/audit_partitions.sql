-- The number of partitions of each topic of which the audit store has records. Of one without records it knows nothing.
-- answers: topic text, partitions integer
SELECT log_topic(topic) AS topic, max("partition") + 1 AS partitions
  FROM log
 GROUP BY 1
 ORDER BY 1
