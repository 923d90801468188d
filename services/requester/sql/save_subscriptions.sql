INSERT INTO subscription (subscription_id, tenant_id, lockbox_enabled, snapshot, changed_at)
SELECT subscription_id, tenant_id, lockbox_enabled, snapshot, $5::timestamptz
  FROM unnest($1::text[], $2::text[], $3::boolean[], $4::json[])
       AS given (subscription_id, tenant_id, lockbox_enabled, snapshot)
ON CONFLICT (lower(subscription_id)) DO UPDATE
   SET subscription_id = excluded.subscription_id, tenant_id = excluded.tenant_id, lockbox_enabled = excluded.lockbox_enabled,
       snapshot = excluded.snapshot, changed_at = excluded.changed_at
