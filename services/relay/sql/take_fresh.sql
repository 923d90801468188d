-- Events behind the last one taken, in the order of seq, of most_bytes in all and at least one, in
-- shards whose lease this holder has. Lengths are known without reading the values. earlier: the
-- key's last unpublished row before this one, which must be taken before. waits: the row is put
-- off. Rows with a lower seq that commit later are found by take_heads.sql. num_nulls makes the
-- planner use the indexes outbox_in_order, for the order, and outbox_keys, for earlier.
-- takes: holder uuid, parts smallint[], after bigint, most integer, most_bytes bigint
-- answers: seq bigint, shard smallint, event_id uuid, type text, key text, value text, attempts integer, earlier bigint, waits boolean
SELECT seq, shard, event_id, type, key, value, attempts, earlier, waits
  FROM (SELECT *, sum(octet_length(value)) OVER (ORDER BY seq) - octet_length(value) AS bytes_before
          FROM (SELECT o.seq, o.shard, o.id AS event_id, o.type, o.aggregateid AS key, o.payload AS value, o.attempts,
                       coalesce((SELECT max(e.seq) FROM outbox e
                                  WHERE e.aggregateid = o.aggregateid AND e.published_at IS NULL AND e.seq < o.seq), 0) AS earlier,
                       coalesce(o.next_attempt_at > clock_timestamp(), false) AS waits
                  FROM outbox o
                 WHERE num_nulls(o.published_at) = 1 AND o.seq > :after
                   AND o.shard = ANY (ARRAY(SELECT l.part FROM lease l
                                             WHERE l.name = 'relay' AND l.holder = :holder AND l.part = ANY (:parts)))
                 ORDER BY o.seq
                 LIMIT :most) AS first) AS taken
 WHERE bytes_before < :most_bytes
 ORDER BY seq
