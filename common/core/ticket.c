/* A ticket after its events: which engineers may request access, and whether it is open. Pure;
 * cannot fail, whatever the order of the events. */
#include "core/ticket.h"

#include <string.h>

static const struct lbx_field ticket_fields[] = {
    LBX_ROW_TEXT(lbx_ticket, ticket_id, .required = true, .max = 128),
    LBX_ROW_TEXT(lbx_ticket, subscription_id, .max = 128),
    LBX_ROW_TEXT(lbx_ticket, title, .max = 256),
    LBX_ROW_OBJECT(lbx_ticket, opened_by, struct lbx_engineer, .of = &lbx_opener_table),
    LBX_ROW_BOOL(lbx_ticket, open, .required = false),
    LBX_ROW_OBJECT(lbx_ticket, assigned, struct lbx_engineer, .of = &lbx_engineer_table),
    LBX_ROW_OBJECTS(lbx_ticket, escalated, escalated_count, struct lbx_engineer,
                    .of = &lbx_engineer_table, .max_items = 1000),
};

const struct lbx_table lbx_ticket_table = LBX_TABLE("kept_ticket", lbx_ticket, ticket_fields);

static void escalate(struct lbx_ticket *ticket, const struct lbx_engineer *engineer,
                     struct lbx_arena *arena) {
    for (size_t i = 0; i < ticket->escalated_count; i++)
        if (strcmp(ticket->escalated[i].id, engineer->id) == 0) {
            ticket->escalated[i] = *engineer;
            return;
        }
    struct lbx_engineer *more =
        LBX_ARENA_ARRAY(arena, struct lbx_engineer, ticket->escalated_count + 1);
    if (ticket->escalated_count)
        memcpy(more, ticket->escalated, sizeof *more * ticket->escalated_count);
    more[ticket->escalated_count++] = *engineer;
    ticket->escalated = more;
}

bool lbx_ticket_full(const struct lbx_ticket *ticket, const struct lbx_ticket_assigned *escalated) {
    for (size_t i = 0; i < ticket->escalated_count; i++)
        if (strcmp(ticket->escalated[i].id, escalated->engineer.id) == 0)
            return false;
    return ticket->escalated_count >= LBX_ESCALATIONS_MAX;
}

static void open_ticket(struct lbx_ticket *ticket, const struct lbx_ticket_opened *opened) {
    ticket->subscription_id = opened->subscription_id;
    ticket->title = opened->title;
    ticket->opened_by = opened->opened_by;
    ticket->open = true;
}

const char *lbx_ticket_id(enum lbx_event_type type, const void *data) {
    switch ((enum lbx_ticket_event)type) {
    case LBX_TICKET_EVENT_OPENED:
        return ((const struct lbx_ticket_opened *)data)->ticket_id;
    case LBX_TICKET_EVENT_ASSIGNED:
    case LBX_TICKET_EVENT_ESCALATED:
        return ((const struct lbx_ticket_assigned *)data)->ticket_id;
    case LBX_TICKET_EVENT_CLOSED:
    case LBX_TICKET_EVENT_REOPENED:
        break;
    }
    return ((const struct lbx_ticket_comment *)data)->ticket_id;
}

void lbx_ticket_apply(enum lbx_event_type type, const void *data, struct lbx_arena *arena,
                      struct lbx_ticket *ticket) {
    const struct lbx_ticket_assigned *engineer = data;
    switch ((enum lbx_ticket_event)type) {
    case LBX_TICKET_EVENT_OPENED:
        open_ticket(ticket, data);
        break;
    case LBX_TICKET_EVENT_ASSIGNED:
        ticket->assigned = engineer->engineer;
        break;
    case LBX_TICKET_EVENT_ESCALATED:
        escalate(ticket, &engineer->engineer, arena);
        break;
    case LBX_TICKET_EVENT_CLOSED:
        ticket->open = false;
        break;
    case LBX_TICKET_EVENT_REOPENED:
        ticket->open = ticket->subscription_id != NULL;
        break;
    }
}

const struct lbx_engineer *lbx_ticket_engineer(const struct lbx_ticket *ticket, const char *id) {
    if (ticket->assigned.id && strcmp(ticket->assigned.id, id) == 0)
        return &ticket->assigned;
    for (size_t i = 0; i < ticket->escalated_count; i++)
        if (strcmp(ticket->escalated[i].id, id) == 0)
            return &ticket->escalated[i];
    return NULL;
}
