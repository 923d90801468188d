-- What is not published, in the order in which it was written. Never "beyond the last one seen": a
-- transaction that took its seq earlier may commit later. shards are those to take events of, held those held:
-- dead letters go with shard 0.
-- takes: shards smallint[], most integer, held smallint[]
-- answers: is_dead_letter boolean, id bigint, key text, value text, reason text, raw_key bytea, raw_value bytea, headers bytea,
--   topic text, partition integer, offset bigint
(SELECT false AS is_dead_letter, seq AS id, aggregateid AS key, payload AS value, NULL::text AS reason,
        NULL::bytea AS raw_key, NULL::bytea AS raw_value, NULL::bytea AS headers,
        NULL::text AS topic, NULL::integer AS "partition", NULL::bigint AS "offset"
   FROM outbox
  WHERE published_at IS NULL AND shard = ANY (:shards)
  ORDER BY seq
  LIMIT :most)
UNION ALL
(SELECT true, quarantine_id, NULL, NULL, reason, key, value, headers,
        topic, "partition", "offset"
   FROM quarantine
  WHERE published_at IS NULL AND 0 = ANY (:held)
  ORDER BY quarantine_id
  LIMIT :most)
