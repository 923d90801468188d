-- takes: since text, until text, checkpoints text
-- answers: topic text, partition integer, offset bigint
SELECT topic, "partition", "offset" FROM event
 WHERE kafka_timestamp >= :since::timestamptz AND kafka_timestamp < :until::timestamptz AND topic <> :checkpoints
 ORDER BY 1, 2, 3
