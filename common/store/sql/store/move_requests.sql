-- Requests that time moved, and the events about them: each is told up to the request's particulars, which
-- time leaves as they are.
WITH moved AS (
    UPDATE request AS r
       SET state = given.state, version = given.version, ended_at = given.ended_at, due_at = given.due_at,
           standing = given.standing
      FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[])
           AS given (request_id, state, version, ended_at, due_at, standing)
     WHERE r.request_id = given.request_id
    RETURNING r.request_id, r.particulars)
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)
SELECT told.id, 'request', moved.request_id::text, told.type, told.head || moved.particulars || '}}}'
  FROM unnest($7::uuid[], $8::uuid[], $9::text[], $10::text[])
       WITH ORDINALITY AS told (id, request_id, type, head, place)
  JOIN moved USING (request_id)
 ORDER BY told.place
