-- Checkpoints that somebody cosigned, below size $3 and numbered up to $4, the largest first, with what was signed.
SELECT c.number, c.size, c.note || string_agg(s.line, '' ORDER BY s.witness, s.key_id)
  FROM checkpoint c
  JOIN cosignature s ON s.checkpoint = c.number
 WHERE c.topic = $1 AND c."partition" = $2::integer AND c.size < $3::bigint AND c.number <= $4::bigint
 GROUP BY c.number
 ORDER BY c.size DESC LIMIT 100
