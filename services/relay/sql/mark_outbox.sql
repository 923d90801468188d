-- Kafka has these rows. Of those whose shard's lease is another's, nothing: they are that one's to say it of.
-- A row that another transaction holds is not waited for, but answered. xmax is 0 where nobody ever held the row as it stands:
-- those need no lock before they are marked. ARRAY: joined with the leases, the rows were looked up once for each of these.
-- takes: seqs bigint[], holder uuid
-- answers: held bigint
WITH touched AS MATERIALIZED (
    SELECT o.seq AS id FROM outbox o
     WHERE o.seq = ANY (:seqs) AND NOT o.xmax = '0'::xid
       AND o.shard = ANY (ARRAY(SELECT l.part FROM lease l WHERE l.name = 'relay' AND l.holder = :holder))
), free AS MATERIALIZED (
    SELECT o.seq AS id FROM outbox o WHERE o.seq = ANY (ARRAY(SELECT id FROM touched)) FOR NO KEY UPDATE SKIP LOCKED
), held AS MATERIALIZED (
    SELECT id FROM touched EXCEPT SELECT id FROM free
), marked AS (
    UPDATE outbox o SET published_at = clock_timestamp(), refused_at = NULL
     WHERE o.seq = ANY (:seqs) AND NOT o.seq = ANY (ARRAY(SELECT id FROM held))
       AND o.shard = ANY (ARRAY(SELECT l.part FROM lease l WHERE l.name = 'relay' AND l.holder = :holder))
)
SELECT id AS held FROM held
