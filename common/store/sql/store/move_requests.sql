-- Updates requests that time moved, and writes their events. An event comes as its head, up to the request's
-- consent. The row has consent and particulars, which time never changes, and the tail closes the event.
-- rows given: request_id uuid, state text, version bigint, ended_at timestamptz, due_at timestamptz, standing text
-- rows told: id uuid, request_id uuid, type text, head text, place ordinality
-- takes: tail text
WITH moved AS (
    UPDATE request AS r
       SET state = given.state, version = given.version, ended_at = given.ended_at, due_at = given.due_at,
           standing = given.standing, version_before = r.version
      FROM :given
     WHERE r.request_id = given.request_id
    RETURNING r.request_id, consent_kept(r.consent, r.kept) || ',' || r.particulars AS rest)
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
SELECT told.id, 'request', moved.request_id::text, told.type, told.head || moved.rest || :tail
  FROM :told
  JOIN moved USING (request_id)
 ORDER BY told.place
