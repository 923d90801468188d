INSERT INTO approver_key (tenant_id, principal_id, public_key, set_at)
SELECT tenant_id, principal_id, public_key, $4::timestamptz
  FROM unnest($1::text[], $2::text[], $3::bytea[]) AS begun (tenant_id, principal_id, public_key)
