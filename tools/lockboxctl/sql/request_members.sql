-- A request's members as they are published, each as text: an object or a list as JSON.
-- takes: id uuid
-- answers: name text, value text
SELECT m.key AS name, m.value
  FROM request r
 CROSS JOIN LATERAL json_each_text(r.snapshot) AS m (key, value)
 WHERE r.request_id = :id
