-- The voters' current keys, for each request's tenant.
-- rows vote: request_id uuid, principal_id text
-- answers: request_id uuid, principal_id text, public_key bytea, rp_id text, origins text
SELECT DISTINCT r.request_id, k.principal_id, k.public_key, k.rp_id, array_to_string(k.origins, ' ') AS origins
  FROM :vote
  JOIN request r ON r.request_id = vote.request_id
  JOIN approver_key k ON k.tenant_id = r.tenant_id AND k.principal_id = vote.principal_id
       AND k.removed_at IS NULL
