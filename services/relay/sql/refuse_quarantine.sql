-- Kafka refuses these rows for good, each alone: an operator is told.
-- rows given: id bigint, topic text, error text
-- takes: holder uuid
-- answers: nothing
SELECT quarantine_refuse(given.id, given.topic, given.error, :holder) FROM :given
