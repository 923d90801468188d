UPDATE approver_key AS k
   SET removed_at = $3::timestamptz
  FROM unnest($1::text[], $2::text[]) AS ended (tenant_id, principal_id)
 WHERE k.tenant_id = ended.tenant_id AND k.principal_id = ended.principal_id AND k.removed_at IS NULL
