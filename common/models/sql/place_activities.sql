-- Operations that came before the record that says which cluster their request is about.
-- rows given: request_id text, resource_id text
UPDATE activity a SET cluster = lower(given.resource_id COLLATE "C")
  FROM :given
 WHERE a.request_id = given.request_id AND a.cluster IS NULL
