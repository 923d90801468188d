-- What the inbox holds of these events. A statement of its own, behind receive.sql: a newer snapshot,
-- which sees what another worker entered meanwhile.
SELECT inbox.source, inbox.event_id, inbox.identity
  FROM unnest($1::text[], $2::text[]) AS given (source, event_id)
  JOIN inbox USING (source, event_id)
