-- rows given: ticket_id text key, subscription_id text input, open boolean, snapshot json
-- takes: at timestamptz
INSERT INTO ticket (:given_columns, subscription_id, changed_at)
SELECT :given_columns, coalesce(subscription_id, ''), :at FROM :given
ON CONFLICT (ticket_id) DO UPDATE
   SET (:given_values, subscription_id, changed_at)
     = (excluded.:given_values, excluded.subscription_id, excluded.changed_at)
