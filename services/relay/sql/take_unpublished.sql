-- What is not published, in the order in which it was written. Never "beyond the last one seen": a
-- transaction that took its seq earlier may commit later. $1 are the shards to take events of, $3 those held:
-- dead letters go with shard 0.
(SELECT 'outbox' AS kind, seq AS id, aggregateid AS key, payload AS value, NULL::text AS reason,
        NULL::bytea AS raw_key, NULL::bytea AS raw_value, NULL::bytea AS headers,
        NULL::text AS topic, NULL::integer AS "partition", NULL::bigint AS "offset"
   FROM outbox
  WHERE published_at IS NULL AND shard = ANY ($1::smallint[])
  ORDER BY seq
  LIMIT $2::integer)
UNION ALL
(SELECT 'quarantine', quarantine_id, NULL, NULL, reason, key, value, headers,
        topic, "partition", "offset"
   FROM quarantine
  WHERE published_at IS NULL AND 0 = ANY ($3::smallint[])
  ORDER BY quarantine_id
  LIMIT $2::integer)
