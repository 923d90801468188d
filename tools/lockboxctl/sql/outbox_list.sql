-- takes: most bigint
-- answers: id text, created_at text, key text, type text, refused_at text, error text, event_id text
SELECT seq AS id, created_at, aggregateid AS key, type, refused_at, last_error AS error, id AS event_id
  FROM outbox
 WHERE refused_at IS NOT NULL
 ORDER BY seq DESC
 LIMIT :most
