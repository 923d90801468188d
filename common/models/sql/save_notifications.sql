-- The last outcome of a mail wins: a failed mail may be sent again.
-- rows given: notification_id text key, request_id text, version bigint, tenant_id text, kind text, recipient text,
--   outcome text, attempts bigint, smtp_reply text, message_id text, at timestamptz, event_id text,
--   topic text, partition integer, offset bigint
INSERT INTO notification AS kept (:given_columns)
SELECT DISTINCT ON (given.notification_id) given.*
  FROM :given
 ORDER BY given.notification_id, given.at DESC, given.event_id DESC, given.topic, given."partition", given."offset"
ON CONFLICT (notification_id) DO UPDATE
   SET (:given_values) = (excluded.:given_values)
 WHERE (excluded.at, excluded.event_id) > (kept.at, kept.event_id)
    OR (excluded.at, excluded.event_id) = (kept.at, kept.event_id)
   AND (excluded.topic, excluded."partition", excluded."offset") < (kept.topic, kept."partition", kept."offset")
