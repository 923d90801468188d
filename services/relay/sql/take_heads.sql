-- Of `scan` unpublished events, of seq above after and up to upto, those that are the first of their key and due: rows that
-- committed later than a higher seq, which take_fresh.sql misses, and rows put off. Of most_bytes in all and at least one.
-- The last row has no key: its seq is the last one looked at (0: none), and its earlier their number.
-- takes: holder uuid, parts smallint[], after bigint, upto bigint, scan integer, most integer, most_bytes bigint
-- answers: seq bigint, shard smallint, event_id uuid, type text, key text, value text, attempts integer, earlier bigint, waits boolean
WITH looked_at AS MATERIALIZED (
    SELECT o.seq, o.shard, o.aggregateid, coalesce(o.next_attempt_at > clock_timestamp(), false) AS waits
      FROM outbox o
     WHERE num_nulls(o.published_at) = 1 AND o.seq > :after AND o.seq <= :upto
     ORDER BY o.seq
     LIMIT :scan
), first AS (
    SELECT DISTINCT ON (aggregateid) * FROM looked_at ORDER BY aggregateid, seq
)
(SELECT seq, shard, event_id, type, key, value, attempts, 0::bigint AS earlier, false AS waits
   FROM (SELECT o.seq, o.shard, o.id AS event_id, o.type, o.aggregateid AS key, o.payload AS value, o.attempts,
                sum(octet_length(o.payload)) OVER (ORDER BY o.seq) - octet_length(o.payload) AS bytes_before
           FROM first AS l
           JOIN outbox o ON o.seq = l.seq
          WHERE NOT l.waits
            AND l.shard = ANY (ARRAY(SELECT part FROM lease WHERE name = 'relay' AND holder = :holder AND part = ANY (:parts)))
            AND (SELECT max(e.seq) FROM outbox e
                  WHERE e.aggregateid = l.aggregateid AND e.published_at IS NULL AND e.seq < l.seq) IS NULL
          ORDER BY o.seq
          LIMIT :most) AS heads
  WHERE bytes_before < :most_bytes
  ORDER BY seq)
UNION ALL
SELECT coalesce(max(seq), 0), 0::smallint, NULL, NULL, NULL, NULL, 0, count(*), true FROM looked_at
