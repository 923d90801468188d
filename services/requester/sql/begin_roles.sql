INSERT INTO role_assignment (tenant_id, subscription_id, role, principal_id, email, name, assigned_at)
SELECT tenant_id, subscription_id, role, principal_id, email, name, $7::timestamptz
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       AS begun (tenant_id, subscription_id, role, principal_id, email, name)
