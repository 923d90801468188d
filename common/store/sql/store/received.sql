-- What the inbox holds of these events. A statement of its own, behind receive.sql: a newer snapshot,
-- which sees what another worker entered meanwhile. The last answer of an id counts: a row of its topic.
-- rows given: topic text, source text, event_id text
-- takes: consumer text
-- answers: topic text, source text, event_id text, identity bytea
SELECT given.topic, inbox.source, inbox.event_id, inbox.identity
  FROM :given
  JOIN inbox ON inbox.source = given.source AND inbox.event_id = given.event_id
       AND (inbox.topic = given.topic AND inbox.consumer = :consumer OR inbox.topic = '')
 ORDER BY inbox.topic
