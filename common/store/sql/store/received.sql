-- The inbox's rows of these events. A statement behind receive.sql, with a newer snapshot that has
-- other workers' rows. The last answer of an id counts, the one with its topic. OFFSET makes a
-- lookup for each event, as a join would scan a young inbox whole until the next ANALYZE.
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
