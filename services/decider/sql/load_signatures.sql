-- The signatures of counted decisions on these requests.
-- rows vote: request_id uuid, principal_id text
-- answers: request_id uuid, principal_id text, signature text
SELECT v.request_id, v.principal_id, v.signature
  FROM vote v
 WHERE v.request_id IN (SELECT vote.request_id FROM :vote) AND v.signature IS NOT NULL
