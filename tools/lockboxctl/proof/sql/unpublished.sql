-- Of checkpoints that were published, those that the table of checkpoints has not, as they were.
SELECT p.ordinal - 1
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[]) WITH ORDINALITY
         AS p (topic, "partition", size, note, ordinal)
 WHERE NOT EXISTS (SELECT FROM checkpoint c
                    WHERE c.topic = p.topic AND c."partition" = p."partition" AND c.size = p.size AND c.note = p.note)
 ORDER BY 1
