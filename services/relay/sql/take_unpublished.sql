-- What is not published, in the order in which it was written. Never "beyond the last one seen": a
-- transaction that took its seq earlier may commit later. shards are those to take events of, held those held:
-- dead letters go with shard 0. Of each table as many rows as hold most_bytes, and at least one: the lengths are
-- known without reading the values. A key of which Kafka refused a row waits.
-- takes: shards smallint[], most integer, held smallint[], most_bytes bigint
-- answers: is_dead_letter boolean, id bigint, key text, value text, reason text, raw_key bytea, raw_value bytea, headers bytea,
--   topic text, partition integer, offset bigint
(SELECT false AS is_dead_letter, id, key, value, NULL::text AS reason,
        NULL::bytea AS raw_key, NULL::bytea AS raw_value, NULL::bytea AS headers,
        NULL::text AS topic, NULL::integer AS "partition", NULL::bigint AS "offset"
   FROM (SELECT seq AS id, aggregateid AS key, payload AS value,
                sum(octet_length(payload)) OVER (ORDER BY seq) - octet_length(payload) AS bytes_before
           FROM (SELECT seq, aggregateid, payload
                   FROM outbox
                  WHERE published_at IS NULL AND shard = ANY (:shards)
                    AND aggregateid <> ALL (ARRAY(SELECT aggregateid FROM outbox WHERE refused_at IS NOT NULL))
                  ORDER BY seq
                  LIMIT :most) AS first) AS taken
  WHERE bytes_before < :most_bytes
  ORDER BY id)
UNION ALL
(SELECT true, quarantine_id, NULL, NULL, reason, key, value, headers,
        topic, "partition", "offset"
   FROM (SELECT *, sum(bytes) OVER (ORDER BY quarantine_id) - bytes AS bytes_before
           FROM (SELECT *, coalesce(octet_length(key), 0) + octet_length(headers)
                           + coalesce(octet_length(value), 0) AS bytes
                   FROM quarantine
                  WHERE published_at IS NULL AND 0 = ANY (:held)
                  ORDER BY quarantine_id
                  LIMIT :most) AS first) AS taken
  WHERE bytes_before < :most_bytes
  ORDER BY quarantine_id)
