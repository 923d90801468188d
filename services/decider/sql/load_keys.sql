-- The keys that the voters named hold now, for each request's tenant.
SELECT DISTINCT r.request_id, k.principal_id, k.public_key
  FROM unnest($1::uuid[], $2::text[]) AS vote (request_id, principal_id)
  JOIN request r ON r.request_id = vote.request_id
  JOIN approver_key k ON k.tenant_id = r.tenant_id AND k.principal_id = vote.principal_id
       AND k.removed_at IS NULL
