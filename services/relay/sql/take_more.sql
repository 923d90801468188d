-- The next events of keys with many rows, behind the last one taken (0: none), of most_bytes in all
-- and at least one.
-- rows keys: key text, seq bigint
-- takes: holder uuid, parts smallint[], most integer, most_bytes bigint
-- answers: seq bigint, shard smallint, event_id uuid, type text, key text, value text, attempts integer, earlier bigint, waits boolean
SELECT seq, shard, event_id, type, key, value, attempts, earlier, waits
  FROM (SELECT next.*, keys.key, sum(octet_length(next.value)) OVER (ORDER BY next.seq) - octet_length(next.value) AS bytes_before
          FROM :keys
         CROSS JOIN LATERAL (
             SELECT o.seq, o.shard, o.id AS event_id, o.type, o.payload AS value, o.attempts, lag(o.seq, 1, keys.seq) OVER (ORDER BY o.seq) AS earlier,
                    coalesce(o.next_attempt_at > clock_timestamp(), false) AS waits
               FROM (SELECT * FROM outbox
                      WHERE aggregateid = keys.key AND published_at IS NULL AND seq > keys.seq
                        AND shard = ANY (ARRAY(SELECT part FROM lease WHERE name = 'relay' AND holder = :holder AND part = ANY (:parts)))
                      ORDER BY seq
                      LIMIT :most) AS o) AS next) AS taken
 WHERE bytes_before < :most_bytes
 ORDER BY seq
