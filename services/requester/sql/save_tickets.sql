INSERT INTO ticket (ticket_id, subscription_id, open, snapshot, changed_at)
SELECT ticket_id, coalesce(subscription_id, ''), open, snapshot, $5::timestamptz
  FROM unnest($1::text[], $2::text[], $3::boolean[], $4::json[])
       AS given (ticket_id, subscription_id, open, snapshot)
ON CONFLICT (ticket_id) DO UPDATE
   SET subscription_id = excluded.subscription_id, open = excluded.open,
       snapshot = excluded.snapshot, changed_at = excluded.changed_at
