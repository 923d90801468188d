-- On a server's new timeline: the partitions in which a version of a request was told that the database does not have are
-- kept, as those of which Kafka's committed offset is ahead. What an operator accepted says nothing.
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
