UPDATE publication AS p
   SET size = sent.size
  FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS sent (topic, "partition", size)
 WHERE p.topic = sent.topic AND p."partition" = sent."partition" AND p.size < sent.size
