-- One row for each recipient, kind and version, whatever is asked twice.
INSERT INTO notification (notification_id, request_id, version, kind, recipient, audience, tenant_id,
                          give_up_at, message_id)
SELECT notification_id, request_id, version, kind, recipient, audience, tenant_id, give_up_at,
       message_id
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::timestamptz[], $9::text[])
       AS given (notification_id, request_id, version, kind, recipient, audience, tenant_id,
                 give_up_at, message_id)
ON CONFLICT (request_id, version, kind, lower(recipient)) DO NOTHING
