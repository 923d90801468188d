-- rows ended: tenant_id text, subscription_id text, role text, principal_id text, removed_at timestamptz
UPDATE role_assignment AS r
   SET removed_at = ended.removed_at
  FROM :ended
 WHERE r.tenant_id = ended.tenant_id AND r.subscription_id = ended.subscription_id
   AND r.role = ended.role AND r.principal_id = ended.principal_id AND r.removed_at IS NULL
