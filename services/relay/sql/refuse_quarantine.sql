-- Marks rows that Kafka refuses for good, each sent alone, and tells an operator. A row that
-- another transaction locks is answered instead of waited for.
-- rows given: id bigint, topic text, error text
-- takes: holder uuid
-- answers: held bigint
WITH free AS MATERIALIZED (
    SELECT given.id, given.topic, given.error
      FROM :given
      JOIN quarantine o ON o.quarantine_id = given.id
       FOR NO KEY UPDATE OF o SKIP LOCKED
), refused AS MATERIALIZED (
    SELECT free.id, quarantine_refuse(free.id, free.topic, free.error, :holder) FROM free
)
SELECT given.id AS held FROM :given WHERE NOT given.id = ANY (ARRAY(SELECT id FROM refused))
