INSERT INTO unreadable (topic, "partition", "offset", kafka_timestamp, about, reason, event_id)
SELECT i.topic, i."partition", i."offset", timestamptz 'epoch' + i.kafka_ms * interval '1 millisecond', i.about,
       i.reason, i.event_id
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[])
       AS i (topic, "partition", "offset", kafka_ms, about, reason, event_id)
ON CONFLICT DO NOTHING
