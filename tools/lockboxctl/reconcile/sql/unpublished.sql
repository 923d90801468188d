-- The versions of requests that wait in the outbox.
-- answers: request_id text, version bigint, id uuid
SELECT aggregateid AS request_id, (payload::json ->> 'sequence')::bigint AS version, id
  FROM outbox
 WHERE published_at IS NULL AND type LIKE 'lockbox.request.%'
