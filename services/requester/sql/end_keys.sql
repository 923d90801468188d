-- rows ended: tenant_id text, principal_id text
-- takes: at timestamptz
UPDATE approver_key AS k
   SET removed_at = :at
  FROM :ended
 WHERE k.tenant_id = ended.tenant_id AND k.principal_id = ended.principal_id AND k.removed_at IS NULL
