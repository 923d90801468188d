-- Events beyond the last one seen, in the order in which they were written: as many as hold most_bytes, and at least one; the
-- lengths are known without reading the values. Of the shards of parts that this holder has the lease of. earlier: the
-- key's last unpublished row before this one; where the relay has not got it in hand, this one has to wait. waits: its
-- time has not come. What commits later with a lower seq: take_heads. num_nulls: so that outbox_in_order, and no other, gives the order,
-- and outbox_keys, and no other, what is earlier.
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
