-- Puts off rows: after the first failure not at all, then longer after each, up to a minute. Rows
-- without an error wait three seconds for their partition. This holder must have their shard's
-- lease. A row that another transaction locks is answered instead of waited for.
-- rows given: id bigint, error text
-- takes: holder uuid
-- answers: held bigint
WITH free AS MATERIALIZED (
    SELECT given.id, given.error
      FROM :given
      JOIN outbox o ON o.seq = given.id
       FOR NO KEY UPDATE OF o SKIP LOCKED
), put_off AS (
    UPDATE outbox o
       SET attempts = o.attempts + CASE WHEN free.error IS NULL THEN 0 ELSE 1 END,
           last_error = coalesce(free.error, o.last_error),
           next_attempt_at = clock_timestamp() + CASE WHEN free.error IS NULL THEN interval '3 s'
                                                      ELSE least(power(2, least(o.attempts, 6)) - 1, 60) * interval '1 s' END
      FROM free
     WHERE o.seq = free.id
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = o.shard AND l.holder = :holder)
)
SELECT given.id AS held FROM :given WHERE NOT given.id = ANY (ARRAY(SELECT id FROM free))
