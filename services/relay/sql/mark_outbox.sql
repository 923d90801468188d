-- Marks rows as published, if this holder has their shard's lease. A row that another transaction locks
-- is answered instead of waited for. A row with xmax 0 was never locked, and needs no lock before the
-- UPDATE. ARRAY avoids a join with the leases, which would look up the rows once for each lease.
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
