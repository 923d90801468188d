-- Stored leaf hashes in ranges of offsets.
-- rows wanted: topic text, partition integer, first bigint, behind bigint
-- answers: topic text, partition integer, offset bigint, leaf_hash bytea
SELECT wanted.topic, wanted."partition", leaf."offset", leaf.leaf_hash
  FROM :wanted
 CROSS JOIN LATERAL leaf_hashes(wanted.topic, wanted."partition", wanted.first, wanted.behind) AS leaf
