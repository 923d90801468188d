-- Sets the cluster of operations from their request, also for operations that came before the request's record.
-- rows given: request_id text, resource_id text
UPDATE activity a SET cluster = r.cluster
  FROM :given
  JOIN request_state r ON r.request_id = given.request_id
 WHERE a.request_id = r.request_id AND a.cluster IS DISTINCT FROM r.cluster
