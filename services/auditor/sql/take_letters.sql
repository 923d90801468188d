-- Dead letters that are not published, with their records, of most_bytes in all and at least one,
-- if this holder has the lease.
-- takes: holder uuid, most_bytes bigint, left_out text[]
-- answers: topic text, partition integer, offset bigint, reason text, key bytea, headers bytea, raw bytea
SELECT topic, "partition", "offset", reason, key, headers, raw
  FROM (SELECT d.topic, d."partition", d."offset", d.received_at, d.reason, e.key, e.headers, e.raw,
               sum(e.bytes) OVER (ORDER BY d.received_at, d.topic, d."partition", d."offset") - e.bytes AS bytes_before
          FROM (SELECT *
                  FROM dead_letter
                 WHERE published_at IS NULL AND concat_ws('/', topic, "partition", "offset") <> ALL (:left_out)
                   AND EXISTS (SELECT FROM lease l WHERE l.name = 'checkpoints' AND l.holder = :holder)
                 ORDER BY received_at
                 LIMIT 2000) AS d
         CROSS JOIN LATERAL (SELECT e.key, e.headers, e.raw,
                                    coalesce(octet_length(e.key), 0) + octet_length(e.headers) + coalesce(octet_length(e.raw), 0) AS bytes
                               FROM event e
                              WHERE e.topic = d.topic AND e."partition" = d."partition" AND e."offset" = d."offset"
                                AND e.received_at = d.received_at) AS e) AS taken
 WHERE bytes_before < :most_bytes
 ORDER BY received_at, topic, "partition", "offset"
