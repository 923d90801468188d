-- Marks dead letters as published, if this holder has the lease. A row that another transaction
-- locks is answered instead of waited for. A row with xmax 0 was never locked, and needs no lock
-- before the UPDATE.
-- takes: ids bigint[], holder uuid
-- answers: held bigint
WITH touched AS MATERIALIZED (
    SELECT o.quarantine_id AS id FROM quarantine o
     WHERE o.quarantine_id = ANY (:ids) AND NOT o.xmax = '0'::xid
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = 0 AND l.holder = :holder)
), free AS MATERIALIZED (
    SELECT o.quarantine_id AS id FROM quarantine o WHERE o.quarantine_id = ANY (ARRAY(SELECT id FROM touched)) FOR NO KEY UPDATE SKIP LOCKED
), held AS MATERIALIZED (
    SELECT id FROM touched EXCEPT SELECT id FROM free
), marked AS (
    UPDATE quarantine o SET published_at = clock_timestamp(), refused_at = NULL
     WHERE o.quarantine_id = ANY (:ids) AND NOT o.quarantine_id = ANY (ARRAY(SELECT id FROM held))
       AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = 0 AND l.holder = :holder)
)
SELECT id AS held FROM held
