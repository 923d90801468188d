-- On a server's new timeline, stores the partitions in which an event has a version of a request that the database
-- lacks, like those with a committed offset ahead in Kafka. Partitions that an operator accepted do not count.
-- rows told: topic text, partition integer, offset bigint, request_id uuid, version bigint
-- takes: consumer text
-- answers: topic text, partition integer
INSERT INTO set_back (consumer, topic, "partition", next_offset, committed_offset, told)
SELECT :consumer, told.topic, told."partition", min(told."offset"), max(told."offset") + 1, true
  FROM :told
  LEFT JOIN request AS r ON r.request_id = told.request_id
 WHERE coalesce(r.version, 0) < told.version
   AND (SELECT timeline FROM server_timeline) <> left(pg_walfile_name(pg_current_wal_lsn()), 8)
   AND NOT EXISTS (SELECT FROM offsets_accepted AS a
                    WHERE a.consumer = :consumer AND a.topic = told.topic AND a."partition" = told."partition"
                      AND a.committed_offset > told."offset")
 GROUP BY told.topic, told."partition"
ON CONFLICT DO NOTHING
RETURNING topic, "partition"
