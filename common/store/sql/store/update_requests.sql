-- What a step changes; the rest of a request never does.
UPDATE request AS r
   SET state = given.state, version = given.version, starts_at = given.starts_at,
       expires_at = given.expires_at, ended_at = given.ended_at, due_at = given.due_at,
       standing = given.standing, particulars = given.particulars
  FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[],
              $6::timestamptz[], $7::timestamptz[], $8::text[], $9::text[])
       AS given (request_id, state, version, starts_at, expires_at, ended_at, due_at, standing, particulars)
 WHERE r.request_id = given.request_id
