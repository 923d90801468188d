SELECT topic, "partition", "offset" FROM event
 WHERE kafka_timestamp >= $1::timestamptz AND kafka_timestamp < $2::timestamptz AND topic <> $3
 ORDER BY 1, 2, 3
