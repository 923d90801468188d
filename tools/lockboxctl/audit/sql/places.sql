-- answers: topic text, partition integer
SELECT topic, "partition" FROM log
