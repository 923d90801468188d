-- Checkpoints that are not published, each log's in order, if this holder has the lease.
-- takes: holder uuid, left_out text[]
-- answers: topic text, partition integer, size bigint, origin text, note text
SELECT c.topic, c."partition", c.size, c.origin, c.note
  FROM publication AS p
  JOIN checkpoint AS c ON c.topic = p.topic AND c."partition" = p."partition" AND c.size > p.size
 WHERE EXISTS (SELECT FROM lease l WHERE l.name = 'checkpoints' AND l.holder = :holder)
   AND concat_ws('/', p.topic, p."partition") <> ALL (:left_out)
 ORDER BY c.number
 LIMIT 500
