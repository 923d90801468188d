/* Tickets: whether they are open, and their engineers. Pure. */
#ifndef LBX_CORE_TICKET_H
#define LBX_CORE_TICKET_H

#include "base/arena.h"
#include "event/payload.h"

/* A ticket as stored. After an assignment alone it has no subscription, and is not open. */
struct lbx_ticket {
    const char *ticket_id, *subscription_id, *title;
    struct lbx_engineer opened_by; /* organization only if the ticketing system names it */
    bool open;
    struct lbx_engineer assigned;   /* id NULL: nobody yet */
    struct lbx_engineer *escalated; /* besides the assigned engineer */
    size_t escalated_count;
};

extern const struct lbx_table lbx_ticket_table;

/* The most engineers besides the assigned one. */
enum { LBX_ESCALATIONS_MAX = 20 };

/* Whether a ticket.escalated event would exceed the maximum. */
bool lbx_ticket_full(const struct lbx_ticket *ticket, const struct lbx_ticket_assigned *escalated);

/* The ticket of an event of the family TICKET. */
const char *lbx_ticket_id(enum lbx_event_type type, const void *data);

/* Applies an event of the family TICKET to a ticket. */
void lbx_ticket_apply(enum lbx_event_type type, const void *data, struct lbx_arena *arena,
                      struct lbx_ticket *ticket);

/* The engineer with that id; NULL: not on the ticket. */
const struct lbx_engineer *lbx_ticket_engineer(const struct lbx_ticket *ticket, const char *id);

#endif
