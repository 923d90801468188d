-- Kafka has these rows. Of those whose shard's lease is another's, nothing: they are that one's to say it of.
-- takes: seqs bigint[], holder uuid
UPDATE outbox o SET published_at = clock_timestamp(), refused_at = NULL
 WHERE o.seq = ANY (:seqs)
   AND EXISTS (SELECT FROM lease l WHERE l.name = 'relay' AND l.part = o.shard AND l.holder = :holder)
