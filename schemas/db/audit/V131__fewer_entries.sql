-- A record stands in those indexes alone that it is looked up by: a ticket's in one by its ticket, instead of two, and in none by a
-- request that it does not name. Whether a record belongs to an index is found out by what is NULL first, and by no regular expression.

SET LOCAL ROLE lockbox_audit_owner;
SET LOCAL search_path = audit;

DROP INDEX event_ticket, event_of_ticket, event_to_request, event_of_tenant;
CREATE INDEX event_ticket ON event (ticket_id, event_id) WHERE ticket_id IS NOT NULL;
-- By words that no other statement has, the ends of decisions.v1 and tickets.v1: the planner would take this index for every decision of a
-- time.
CREATE INDEX event_to_request ON event (request_id, event_id)
 WHERE request_id IS NOT NULL AND right(topic, 10) IN ('cisions.v1', 'tickets.v1');
CREATE INDEX event_of_tenant ON event (tenant_id, event_id) WHERE tenant_id IS NOT NULL AND topic LIKE '%tenants.v1';

UPDATE schema_version SET version = 131;

RESET ROLE;
