-- The signed changes of the tenants named that a signature of now could repeat or precede, last one last.
-- takes: tenant_ids text[]
-- answers: tenant_id text, signed_hash text, signed_at timestamptz
SELECT tenant_id, signed_hash, signed_at
  FROM signed_change
 WHERE tenant_id = ANY (:tenant_ids) AND signed_at > clock_timestamp() - interval '1 hour'
 ORDER BY signed_at
