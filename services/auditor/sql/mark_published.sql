-- rows sent: topic text, partition integer, size bigint
UPDATE publication AS p
   SET size = sent.size
  FROM :sent
 WHERE p.topic = sent.topic AND p."partition" = sent."partition" AND p.size < sent.size
