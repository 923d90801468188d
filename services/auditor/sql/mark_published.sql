-- Sets up to which checkpoint each log is published, the last of those sent, if this holder has the lease.
-- rows sent: topic text, partition integer, size bigint
-- takes: holder uuid
UPDATE publication AS p
   SET size = last.size
  FROM (SELECT topic, "partition", max(size) AS size FROM :sent GROUP BY topic, "partition") AS last
 WHERE p.topic = last.topic AND p."partition" = last."partition" AND p.size < last.size
   AND EXISTS (SELECT FROM lease l WHERE l.name = 'checkpoints' AND l.holder = :holder)
