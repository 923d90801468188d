/* Collects the ids that a batch's events name: their own rows, and those of requests that they
 * may end. Promises that no other rows are locked. Cannot fail. */
#include "named.h"

#include "base/text.h"
#include "base/uuid.h"
#include "core/ticket.h"

const char *named_lower(struct lbx_arena *arena, const char *id) {
    return lbx_lower_all(lbx_arena_strdup(arena, id));
}

static void name(struct lbx_pg_arrays *rows, const char *id) {
    if (id)
        lbx_pg_array_text(rows, id);
}

static void name_request(struct named *names, const char *id) {
    if (id && lbx_uuid_valid(id))
        lbx_pg_array_text(names->requests, id);
}

static void collect_ticket(struct named *names, const struct lbx_event *event,
                           struct lbx_arena *arena) {
    const char *ticket_id = lbx_ticket_id(event->type, event->data);
    name(names->tickets, ticket_id);
    switch ((enum lbx_ticket_event)event->type) {
    case LBX_TICKET_EVENT_OPENED:
        name(names->subscriptions,
             named_lower(arena, ((const struct lbx_ticket_opened *)event->data)->subscription_id));
        break;
    case LBX_TICKET_EVENT_ASSIGNED:
    case LBX_TICKET_EVENT_CLOSED: /* may end requests */
        name(names->live_tickets, ticket_id);
        break;
    case LBX_TICKET_EVENT_ESCALATED:
    case LBX_TICKET_EVENT_REOPENED:
        break;
    }
}

static void collect_access(struct named *names, const struct lbx_event *event) {
    const struct lbx_access_requested *wish = event->data;
    switch ((enum lbx_access_event)event->type) {
    case LBX_ACCESS_EVENT_REQUESTED:
    case LBX_ACCESS_EVENT_EMERGENCY_DECLARED:
        name(names->tickets, wish->ticket_id);
        name(names->asking_tickets, wish->ticket_id);
        name_request(names, wish->extends);
        break;
    case LBX_ACCESS_EVENT_WITHDRAWN:
        name_request(names, ((const struct lbx_access_withdrawn *)event->data)->request_id);
        break;
    case LBX_ACCESS_EVENT_PERFORMED: /* comes in another topic */
        break;
    }
}

static void collect_tenant(struct named *names, const struct lbx_event *event,
                           struct lbx_arena *arena) {
    const struct lbx_tenant_event *tenant = event->data;
    const char *subscription = named_lower(arena, tenant->subscription_id);
    name(names->tenants, tenant->tenant_id);
    name(names->subscriptions, subscription);
    if (event->type == LBX_EVENT_TENANT_APPROVER_KEY_SET || !tenant->subscription_id ||
        tenant->role == LBX_ROLE_GLOBAL_ADMINISTRATOR)
        name(names->whole_tenants, tenant->tenant_id);
    if (event->type == LBX_EVENT_TENANT_SUBSCRIPTION_REMOVED ||
        event->type == LBX_EVENT_TENANT_LOCKBOX_ENABLED) /* may end requests */
        name(names->live_subscriptions, subscription);
}

static void collect(struct named *names, const struct lbx_event *event, struct lbx_arena *arena) {
    switch (lbx_event_type_info(event->type)->family) {
    case LBX_FAMILY_TICKET:
        collect_ticket(names, event, arena);
        break;
    case LBX_FAMILY_ACCESS:
        collect_access(names, event);
        break;
    case LBX_FAMILY_TENANT:
        collect_tenant(names, event, arena);
        break;
    case LBX_FAMILY_DECISION: /* come in other topics */
    case LBX_FAMILY_REQUEST:
    case LBX_FAMILY_NOTIFICATION:
    case LBX_FAMILY_QUARANTINE:
    case LBX_FAMILY_OPERATOR:
        break;
    }
}

struct named named_by(struct lbx_batch *batch) {
    struct lbx_unit *unit = &batch->unit;
    struct named names = {lbx_unit_rows(unit), lbx_unit_rows(unit), lbx_unit_rows(unit),
                          lbx_unit_rows(unit), lbx_unit_rows(unit), lbx_unit_rows(unit),
                          lbx_unit_rows(unit), lbx_unit_rows(unit)};
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            collect(&names, &batch->inputs[i].event, batch->arena);
    return names;
}
