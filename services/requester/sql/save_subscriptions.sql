-- rows given: subscription_id text, tenant_id text, lockbox_enabled boolean, snapshot json
-- takes: at timestamptz
INSERT INTO subscription (:given_columns, changed_at) SELECT *, :at FROM :given
ON CONFLICT (lower(subscription_id COLLATE "C")) DO UPDATE
   SET (:given_columns, changed_at) = (excluded.:given_columns, excluded.changed_at)
