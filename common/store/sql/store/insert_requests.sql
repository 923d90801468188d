INSERT INTO request (request_id, state, version, tenant_id, subscription_id, ticket_id, engineer_id,
                     resource_id, created_at, decide_by, starts_at, expires_at, ended_at, due_at,
                     reason, standing, particulars)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[],
                     $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
                     $15::text[], $16::text[], $17::text[])
