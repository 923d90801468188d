-- The largest size of a log that a witness's key has cosigned, 0: none; and whether that checkpoint is number $5.
SELECT coalesce(max(c.size), 0), coalesce(bool_or(c.number = $5::bigint), false)
  FROM checkpoint c
  JOIN cosignature s ON s.checkpoint = c.number
 WHERE c.topic = $1 AND c."partition" = $2::integer AND s.witness = $3 AND s.key_id = $4
