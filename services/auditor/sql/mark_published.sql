-- Keeps up to which checkpoint each log is published: of those sent, the log's last.
-- rows sent: topic text, partition integer, size bigint
UPDATE publication AS p
   SET size = last.size
  FROM (SELECT topic, "partition", max(size) AS size FROM :sent GROUP BY topic, "partition") AS last
 WHERE p.topic = last.topic AND p."partition" = last."partition" AND p.size < last.size
