-- Marks events that were rejected: they had no effect, and the same bytes may come again under their id.
UPDATE inbox
   SET rejected = true
  FROM unnest($1::text[], $2::text[], $3::bytea[]) AS given (source, event_id, identity)
 WHERE inbox.source = given.source AND inbox.event_id = given.event_id AND inbox.identity = given.identity
