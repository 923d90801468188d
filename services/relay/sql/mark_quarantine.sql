-- Kafka has these dead letters. Of those whose shard's lease is another's, nothing: they are that one's to say it of.
-- takes: ids bigint[], holder uuid
UPDATE quarantine o SET published_at = clock_timestamp(), refused_at = NULL
 WHERE o.quarantine_id = ANY (:ids)
   AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = 0 AND l.holder = :holder)
