-- These rows wait: at once after the first failure, then longer after each, up to a minute; what did not fail (no error) waits
-- three seconds for its partition. Of those whose shard's lease is another's, nothing.
-- rows given: id bigint, error text
-- takes: holder uuid
UPDATE outbox o
   SET attempts = o.attempts + CASE WHEN given.error IS NULL THEN 0 ELSE 1 END,
       last_error = coalesce(given.error, o.last_error),
       next_attempt_at = clock_timestamp() + CASE WHEN given.error IS NULL THEN interval '3 s'
                                                  ELSE least(power(2, least(o.attempts, 6)) - 1, 60) * interval '1 s' END
  FROM :given
 WHERE o.seq = given.id
   AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = o.shard AND l.holder = :holder)
