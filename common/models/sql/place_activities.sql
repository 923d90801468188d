-- Operations follow the cluster that their request is about, also those that came before the record that says so.
-- rows given: request_id text, resource_id text
UPDATE activity a SET cluster = r.cluster
  FROM :given
  JOIN request_state r ON r.request_id = given.request_id
 WHERE a.request_id = r.request_id AND a.cluster IS DISTINCT FROM r.cluster
