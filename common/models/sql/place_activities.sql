-- Operations that came before the record that says which cluster their request is about.
UPDATE activity a SET cluster = lower(i.resource_id)
  FROM unnest($1::text[], $2::text[]) AS i (request_id, resource_id)
 WHERE a.request_id = i.request_id AND a.cluster IS NULL
