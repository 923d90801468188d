-- Queues one mail for each recipient, kind and version, however often it is queued. If a person gets more than
-- digest_after mails about waiting requests within digest_within, a digest has the others. It is due after
-- digest_within, or halfway to the first deadline of its requests. Decided requests are not delayed.
-- rows given: notification_id uuid, notice_id uuid, request_id uuid, version bigint, kind text, recipient text, audience text,
--   tenant_id text, give_up_at timestamptz, message_id text
-- takes: digest_after integer, digest_within interval
WITH given AS (
    SELECT *, lower(given.recipient COLLATE "C") AS who FROM :given
), fresh AS (
    SELECT g.*, row_number() OVER (PARTITION BY g.tenant_id, g.who, g.audience ORDER BY g.notification_id) AS place
      FROM given g
     WHERE :digest_after > 0 AND g.kind IN ('approval_needed', 'reminder') AND g.tenant_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM notification n
                        WHERE n.notice_id = g.notice_id AND n.version = g.version AND n.kind = g.kind
                          AND lower(n.recipient COLLATE "C") = g.who)
), waiting AS (
    SELECT f.tenant_id, f.who, f.audience, count(asked.notice_id) AS count
      FROM fresh f
      LEFT JOIN LATERAL (
            SELECT n.notice_id
              FROM notification n
             WHERE lower(n.recipient COLLATE "C") = f.who AND n.queued_at > clock_timestamp() - :digest_within
               AND n.kind IN ('approval_needed', 'reminder') AND n.tenant_id = f.tenant_id AND n.audience = f.audience
               AND NOT EXISTS (SELECT FROM notice later
                                WHERE later.notice_id = n.notice_id AND later.version > n.version
                                  AND later.snapshot ->> 'state' <> 'customer_notified')
             LIMIT :digest_after) asked ON true
     WHERE f.place = 1
     GROUP BY f.tenant_id, f.who, f.audience
), carried AS (
    SELECT f.notification_id, f.tenant_id, f.who, f.audience, f.recipient, f.give_up_at, f.message_id
      FROM fresh f
      JOIN waiting w ON w.tenant_id = f.tenant_id AND w.who = f.who AND w.audience = f.audience
     WHERE w.count + f.place > :digest_after
), begun AS (
    SELECT DISTINCT ON (c.tenant_id, c.who, c.audience) c.*,
           -- The id is derived from the first mail of the digest, as ids are derived from causes.
           overlay(c.notification_id::text PLACING right(md5(c.notification_id::text), 12) FROM 25) AS id,
           max(c.give_up_at) OVER of_person AS last_give_up, min(c.give_up_at) OVER of_person AS first_give_up
      FROM carried c
    WINDOW of_person AS (PARTITION BY c.tenant_id, c.who, c.audience)
     ORDER BY c.tenant_id, c.who, c.audience, c.notification_id
), digests AS (
    INSERT INTO notification AS d (notification_id, notice_id, version, kind, recipient, audience, tenant_id, give_up_at,
                                   message_id, next_attempt_at, gathering)
    SELECT b.id::uuid, b.id::uuid, 1, 'digest', b.recipient, b.audience, b.tenant_id, b.last_give_up,
           overlay(b.message_id PLACING b.id FROM 2),
           least(clock_timestamp() + :digest_within, clock_timestamp() + (b.first_give_up - clock_timestamp()) / 2), true
      FROM begun b
    ON CONFLICT (tenant_id, lower(recipient COLLATE "C"), audience) WHERE gathering
    DO UPDATE SET give_up_at = greatest(d.give_up_at, excluded.give_up_at),
                  next_attempt_at = least(d.next_attempt_at, excluded.next_attempt_at)
    RETURNING d.notification_id, d.tenant_id, lower(d.recipient COLLATE "C") AS who, d.audience
)
INSERT INTO notification (:given_columns, next_attempt_at, digest_id)
SELECT given.:given_columns, CASE WHEN d.notification_id IS NULL THEN clock_timestamp() END, d.notification_id
  FROM given
  LEFT JOIN carried c ON c.notification_id = given.notification_id
  LEFT JOIN digests d ON d.tenant_id = c.tenant_id AND d.who = c.who AND d.audience = c.audience
ON CONFLICT (notice_id, version, kind, lower(recipient COLLATE "C")) DO NOTHING
