-- Opens access: a request's items carry the moment at which they stop being good.
INSERT INTO access_item (request_id, number, engineer_id, resource_id, action, namespace, kind, name,
                         starts_at, expires_at, basis)
SELECT request_id, number, engineer_id, lower(resource_id), action, namespace, kind, name,
       starts_at, expires_at, basis
  FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[])
       AS i (request_id, number, engineer_id, resource_id, action, namespace, kind, name,
             starts_at, expires_at, basis)
