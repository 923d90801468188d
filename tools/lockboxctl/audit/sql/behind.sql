-- The number of offsets that the logs lack up to these ends, in total.
-- rows t: topic text, partition integer, behind bigint
-- answers: records bigint
SELECT coalesce(sum(t.behind - greatest(l.base + l.size, s.behind)), 0)::bigint AS records
  FROM :t
  JOIN log l USING (topic, "partition")
 CROSS JOIN LATERAL (SELECT coalesce(max(last_offset), 0) + 1 AS behind FROM skipped
                      WHERE topic = l.topic AND "partition" = l."partition" AND first_offset <= l.base + l.size) AS s
 WHERE t.behind > greatest(l.base + l.size, s.behind)
