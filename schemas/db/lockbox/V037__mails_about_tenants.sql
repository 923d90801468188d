-- A mail tells of a request, or of a tenant's event: a notice.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

ALTER TABLE notice RENAME request_id TO notice_id; -- the request's id, or the id of the tenant's event

ALTER TABLE notification ADD notice_id uuid;
UPDATE notification SET notice_id = request_id;
ALTER TABLE notification
    ALTER notice_id SET NOT NULL,
    ALTER request_id DROP NOT NULL, -- NULL: about a tenant
    DROP CONSTRAINT notification_audience_check,
    ADD CHECK (audience IN ('approver', 'alternate', 'engineer', 'concerned'));

DROP INDEX notification_once;
CREATE UNIQUE INDEX notification_once ON notification (notice_id, version, kind, lower(recipient COLLATE "C"))
  WITH (fillfactor = 50, deduplicate_items = off);
CREATE INDEX notification_request ON notification (request_id);

-- A program before this one keeps no notices.
UPDATE schema_version SET version = greatest(version, 37), oldest_program = greatest(oldest_program, 37);

RESET ROLE;
