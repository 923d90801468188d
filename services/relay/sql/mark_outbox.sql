-- Kafka has these rows. Of those whose shard's lease is another's, nothing: they are that one's to say it of.
-- A row that another transaction holds is not waited for, but answered. xmax is 0 where nobody ever held the row as it stands:
-- those need no lock before they are marked.
-- takes: seqs bigint[], holder uuid
-- answers: held bigint
WITH touched AS MATERIALIZED (
    SELECT o.seq AS id FROM outbox o
     WHERE o.seq = ANY (:seqs) AND NOT o.xmax = '0'::xid
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = o.shard AND l.holder = :holder)
), free AS MATERIALIZED (
    SELECT o.seq AS id FROM outbox o WHERE o.seq = ANY (ARRAY(SELECT id FROM touched)) FOR NO KEY UPDATE SKIP LOCKED
), held AS MATERIALIZED (
    SELECT id FROM touched EXCEPT SELECT id FROM free
), marked AS (
    UPDATE outbox o SET published_at = clock_timestamp(), refused_at = NULL
     WHERE o.seq = ANY (:seqs) AND NOT o.seq = ANY (ARRAY(SELECT id FROM held))
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = o.shard AND l.holder = :holder)
)
SELECT id AS held FROM held
