-- Every key of the tenants named, also those that are not held any more: a key is one person's for ever.
-- takes: tenant_ids text[]
-- answers: tenant_id text, principal_id text, public_key bytea, hex text, held boolean
SELECT tenant_id, principal_id, public_key, encode(public_key, 'hex') AS hex, removed_at IS NULL AS held
  FROM approver_key
 WHERE tenant_id = ANY (:tenant_ids)
 ORDER BY set_at
