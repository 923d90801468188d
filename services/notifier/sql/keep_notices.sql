INSERT INTO notice (request_id, version, event_id, traceparent, snapshot, ticket_title)
SELECT given.request_id, given.version, given.event_id, given.traceparent, given.snapshot,
       (SELECT t.snapshot ->> 'title' FROM ticket t WHERE t.ticket_id = given.snapshot ->> 'ticket_id')
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::json[])
       AS given (request_id, version, event_id, traceparent, snapshot)
ON CONFLICT (request_id, version) DO NOTHING
