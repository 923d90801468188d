-- Takes events out of the inbox again: what was rejected had no effect, and may be sent or replayed under its id.
DELETE FROM inbox
 USING unnest($1::text[], $2::text[], $3::bytea[]) AS given (source, event_id, identity)
 WHERE inbox.source = given.source AND inbox.event_id = given.event_id AND inbox.identity = given.identity
