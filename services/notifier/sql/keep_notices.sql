-- The snapshot of a request's version, or of a tenant's event, stored once for all its mails.
-- rows given: notice_id uuid, version bigint, event_id text, traceparent text, tracestate text, snapshot json
INSERT INTO notice (:given_columns, ticket_title)
SELECT :given_columns,
       (SELECT t.snapshot ->> 'title' FROM ticket t WHERE t.ticket_id = given.snapshot ->> 'ticket_id')
  FROM :given
ON CONFLICT (notice_id, version) DO NOTHING
