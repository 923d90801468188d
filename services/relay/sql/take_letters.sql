-- Dead letters to publish, behind an id, of most_bytes in all and at least one. They belong to shard 0.
-- takes: holder uuid, after bigint, most integer, most_bytes bigint
-- answers: id bigint, attempts integer, reason text, raw_key bytea, raw_value bytea, headers bytea, topic text, partition integer,
--   offset bigint, whole_bytes bigint, whole_hash text
SELECT quarantine_id AS id, attempts, reason, key AS raw_key, value AS raw_value, headers, topic, "partition", "offset",
       coalesce(whole_bytes, 0) AS whole_bytes, encode(whole_hash, 'hex') AS whole_hash
  FROM (SELECT *, sum(bytes) OVER (ORDER BY quarantine_id) - bytes AS bytes_before
          FROM (SELECT *, coalesce(octet_length(key), 0) + octet_length(headers) + coalesce(octet_length(value), 0) AS bytes
                  FROM quarantine
                 WHERE published_at IS NULL AND quarantine_id > :after
                   AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp())
                   AND EXISTS (SELECT FROM lease WHERE name = 'relay' AND part = 0 AND holder = :holder)
                 ORDER BY quarantine_id
                 LIMIT :most) AS first) AS taken
 WHERE bytes_before < :most_bytes
 ORDER BY quarantine_id
