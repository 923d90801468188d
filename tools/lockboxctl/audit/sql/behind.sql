-- How many offsets the logs are short of these ends, all together.
-- rows t: topic text, partition integer, behind bigint
-- answers: records bigint
SELECT coalesce(sum(t.behind - (l.base + l.size)), 0)::bigint AS records
  FROM :t
  JOIN log l USING (topic, "partition")
 WHERE t.behind > l.base + l.size
