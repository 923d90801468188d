-- Kafka refuses these rows for good, each alone: an operator is told. A row that another transaction holds is not waited for, but
-- answered.
-- rows given: id bigint, topic text, error text
-- takes: holder uuid
-- answers: held bigint
WITH free AS MATERIALIZED (
    SELECT given.id, given.topic, given.error
      FROM :given
      JOIN outbox o ON o.seq = given.id
       FOR NO KEY UPDATE OF o SKIP LOCKED
), refused AS MATERIALIZED (
    SELECT free.id, outbox_refuse(free.id, free.topic, free.error, :holder) FROM free
)
SELECT given.id AS held FROM :given WHERE NOT given.id = ANY (ARRAY(SELECT id FROM refused))
