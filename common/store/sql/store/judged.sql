-- Records whether events were rejected: those had no effect, and the same bytes may come again under their id.
-- rows given: topic text, source text, event_id text, rejected boolean
-- takes: consumer text
UPDATE inbox
   SET rejected = given.rejected
  FROM :given
 WHERE inbox.source = given.source AND inbox.event_id = given.event_id AND inbox.topic = given.topic
   AND inbox.consumer = :consumer
