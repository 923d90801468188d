UPDATE role_assignment AS r
   SET removed_at = $5::timestamptz
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
       AS ended (tenant_id, subscription_id, role, principal_id)
 WHERE r.tenant_id = ended.tenant_id AND r.subscription_id = ended.subscription_id
   AND r.role = ended.role AND r.principal_id = ended.principal_id AND r.removed_at IS NULL
