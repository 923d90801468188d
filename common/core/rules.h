/* A request's life: one table, state × input. Pure: values in, values out. */
#ifndef LBX_CORE_RULES_H
#define LBX_CORE_RULES_H

#include "event/payload.h"

/* What can happen to a request. TICKET_ENDED: its ticket was closed, its engineer taken off it, the request withdrawn, or
 * its subscription removed. LOCKBOX_ENABLED: for its subscription. */
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

/* What the table says of one input in one state. */
struct lbx_rule {
    int to;       /* enum lbx_state entered; LBX_STATE_NONE: the state stays */
    int verdict;  /* enum lbx_verdict on a decision; LBX_VERDICT_NONE: the input is no decision */
    int repeated; /* verdict where this voter said the same before; LBX_VERDICT_NONE: as verdict */
    int event;    /* enum lbx_event_type published with it; LBX_EVENT_NONE: none */
    /* While more approvals are needed than this one: nothing is entered, and these count. */
    int short_verdict, short_event;
};

/* Never NULL: every state has a rule for every input, which a test proves. state is not
 * LBX_STATE_NONE. */
const struct lbx_rule *lbx_rule(enum lbx_state state, enum lbx_input input);

#endif
