-- Keeps of events whether they were rejected: then they had no effect, and the same bytes may come again under their id.
UPDATE inbox
   SET rejected = given.rejected
  FROM unnest($1::text[], $2::text[], $3::boolean[]) AS given (source, event_id, rejected)
 WHERE inbox.source = given.source AND inbox.event_id = given.event_id
