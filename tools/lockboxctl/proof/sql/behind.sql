-- How many offsets the logs are short of these ends, all together.
SELECT coalesce(sum(t.behind - (l.base + l.size)), 0)
  FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS t (topic, "partition", behind)
  JOIN log l USING (topic, "partition")
 WHERE t.behind > l.base + l.size
