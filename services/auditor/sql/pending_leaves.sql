-- Stored leaf hashes in ranges of offsets.
SELECT wanted.topic, wanted."partition", leaf."offset", leaf.leaf_hash
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[]) AS wanted (topic, "partition", first, behind)
 CROSS JOIN LATERAL leaf_hashes(wanted.topic, wanted."partition", wanted.first, wanted.behind) AS leaf
