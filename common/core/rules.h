/* The life of a request as one table: state × input. Pure. */
#ifndef LBX_CORE_RULES_H
#define LBX_CORE_RULES_H

#include "event/payload.h"

/* The inputs of a request. TICKET_ENDED: the ticket was closed, the engineer removed from it,
 * the request withdrawn, or its subscription removed. LOCKBOX_ENABLED: for its subscription. */
#define LBX_INPUTS(X)                                                                              \
    X(APPROVE, "approve")                                                                          \
    X(DENY, "deny")                                                                                \
    X(TIME_UP, "time is up")                                                                       \
    X(TICKET_ENDED, "ticket ended")                                                                \
    X(LOCKBOX_ENABLED, "Lockbox enabled")                                                          \
    X(REVOKE, "revoke")                                                                            \
    X(ACKNOWLEDGE, "acknowledge")                                                                  \
    X(REMIND, "reminder due")                                                                      \
    X(UNACKNOWLEDGED, "not acknowledged in time")

enum lbx_input {
#define LBX_INPUT_ENUM(name, text) LBX_INPUT_##name,
    LBX_INPUTS(LBX_INPUT_ENUM)
#undef LBX_INPUT_ENUM
        LBX_INPUT_COUNT
};

extern const char *const lbx_input_names[];

/* The rule for an input in a state. */
struct lbx_rule {
    int to;       /* enum lbx_state entered; LBX_STATE_NONE: no change */
    int verdict;  /* enum lbx_verdict; LBX_VERDICT_NONE: the input is no decision */
    int repeated; /* verdict if this voter said the same before; LBX_VERDICT_NONE: as `verdict` */
    int event;    /* enum lbx_event_type published; LBX_EVENT_NONE: none */
    /* The same while further approvals are needed: no state is entered. */
    int short_verdict, short_event;
};

/* The rule; never NULL, as a test proves. state is not LBX_STATE_NONE. */
const struct lbx_rule *lbx_rule(enum lbx_state state, enum lbx_input input);

#endif
