-- Queues one message for each webhook of the subscription or, where it is NULL, of the tenant: what
-- alternates or concerned people are mailed. The id is derived from the given one and the webhook.
-- rows given: notification_id uuid, notice_id uuid, request_id uuid, version bigint, kind text, audience text, tenant_id text,
--   subscription_id text, give_up_at timestamptz, message_id text
INSERT INTO notification (notification_id, notice_id, request_id, version, kind, recipient, audience, tenant_id, give_up_at,
                          message_id, channel)
SELECT made.id::uuid, given.notice_id, given.request_id, given.version, given.kind, w.recipient, given.audience, given.tenant_id,
       given.give_up_at, overlay(given.message_id PLACING made.id FROM 2), w.format
  FROM :given
  JOIN webhook w ON w.tenant_id = given.tenant_id
                AND (given.subscription_id IS NULL OR w.subscription_id = lower(given.subscription_id COLLATE "C"))
 CROSS JOIN LATERAL (SELECT overlay(given.notification_id::text PLACING right(md5(w.recipient), 12) FROM 25) AS id) AS made
ON CONFLICT DO NOTHING
