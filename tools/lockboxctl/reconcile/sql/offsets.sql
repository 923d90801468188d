-- The next offsets of consumers.
-- takes: consumers text[]
-- answers: consumer text, topic text, partition integer, next_offset bigint
SELECT consumer, topic, "partition", next_offset FROM consumer_offset WHERE consumer = ANY (:consumers)
