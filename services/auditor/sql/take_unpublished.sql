-- Checkpoints that are not on their topic yet, each log's in order.
-- answers: topic text, partition integer, size bigint, origin text, note text
SELECT c.topic, c."partition", c.size, c.origin, c.note
  FROM publication AS p
  JOIN checkpoint AS c ON c.topic = p.topic AND c."partition" = p."partition" AND c.size > p.size
 ORDER BY c.number
 LIMIT 500
