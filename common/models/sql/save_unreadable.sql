-- rows given: topic text, partition integer, offset bigint, kafka_ms bigint, about text, reason text, event_id text
INSERT INTO unreadable (topic, "partition", "offset", kafka_timestamp, about, reason, event_id)
SELECT topic, "partition", "offset", timestamptz 'epoch' + kafka_ms * interval '1 millisecond', about, reason, event_id
  FROM :given
ON CONFLICT DO NOTHING
