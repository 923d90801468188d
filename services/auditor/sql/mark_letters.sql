-- Marks dead letters as published, if this holder has the lease.
-- rows sent: topic text, partition integer, offset bigint
-- takes: holder uuid
UPDATE dead_letter AS d
   SET published_at = clock_timestamp()
  FROM :sent
 WHERE d.topic = sent.topic AND d."partition" = sent."partition" AND d."offset" = sent."offset"
   AND EXISTS (SELECT FROM lease l WHERE l.name = 'checkpoints' AND l.holder = :holder)
