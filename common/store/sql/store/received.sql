-- What the inbox holds of these events. A statement of its own, behind receive.sql: a newer snapshot,
-- which sees what another worker entered meanwhile.
-- rows given: source text, event_id text
-- answers: source text, event_id text, identity bytea
SELECT inbox.source, inbox.event_id, inbox.identity
  FROM :given
  JOIN inbox USING (source, event_id)
