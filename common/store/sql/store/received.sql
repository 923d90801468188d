-- What the inbox holds of these events. A statement of its own, behind receive.sql: a newer snapshot,
-- which sees what another worker entered meanwhile. The last answer of an id counts: a row of its topic. OFFSET: each is looked up
-- by itself. Joined, a young inbox was read whole, for each batch, until the next ANALYZE.
-- rows given: topic text, source text, event_id text
-- takes: consumer text
-- answers: topic text, source text, event_id text, identity bytea
SELECT given.topic, inbox.source, inbox.event_id, inbox.identity
  FROM :given
 CROSS JOIN LATERAL (
     SELECT it.topic, it.source, it.event_id, it.identity FROM inbox AS it
      WHERE it.source = given.source AND it.event_id = given.event_id
        AND (it.topic = given.topic AND it.consumer = :consumer OR it.topic = '')
     OFFSET 0) AS inbox
 ORDER BY inbox.topic
