-- The tenants' signed changes that a signature in a record since then could repeat or precede, the last one last.
-- takes: tenant_ids text[], since timestamptz
-- answers: tenant_id text, signed_hash text, signed_at timestamptz
SELECT tenant_id, signed_hash, signed_at
  FROM signed_change
 WHERE tenant_id = ANY (:tenant_ids)
   AND signed_at > least(coalesce(:since, 'epoch'), clock_timestamp()) - interval '1 hour'
 ORDER BY signed_at
