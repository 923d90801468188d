/* The table of rules: what happens for each state and input. Promises a rule for each pair; an
 * input that is illegal in a state has a rule that says so. Cannot fail. */
#include "core/rules.h"

#include <assert.h>

const char *const lbx_input_names[] = {
#define LBX_INPUT_NAME(name, text) text,
    LBX_INPUTS(LBX_INPUT_NAME)
#undef LBX_INPUT_NAME
};

/* Enters the state, and publishes its event. */
#define BECOMES(state)                                                                             \
    { .to = LBX_STATE_##state, .verdict = LBX_VERDICT_APPLIED, .event = LBX_EVENT_REQUEST_##state }
/* As BECOMES, once enough approvers said so, each counted once. */
#define BECOMES_WHEN_ENOUGH(state, until_then)                                                     \
    {                                                                                              \
        .to = LBX_STATE_##state, .verdict = LBX_VERDICT_APPLIED,                                   \
        .repeated = LBX_VERDICT_DUPLICATE, .event = LBX_EVENT_REQUEST_##state,                     \
        .short_verdict = LBX_VERDICT_RECORDED, .short_event = LBX_EVENT_REQUEST_##until_then       \
    }
/* As BECOMES, by time or ticket: there is no decision. */
#define ENDS(state)                                                                                \
    { .to = LBX_STATE_##state, .event = LBX_EVENT_REQUEST_##state }
/* Keeps the state, and publishes an event. */
#define TELLS(what)                                                                                \
    { .event = LBX_EVENT_REQUEST_##what }
/* Keeps the state, and applies the decision; where nothing waits for it, request.c makes that a
 * conflict. */
#define NOTES(what)                                                                                \
    {                                                                                              \
        .verdict = LBX_VERDICT_APPLIED, .repeated = LBX_VERDICT_DUPLICATE,                         \
        .event = LBX_EVENT_REQUEST_##what                                                          \
    }
/* Changes nothing, and publishes the verdict. */
#define JUDGED(as)                                                                                 \
    { .verdict = LBX_VERDICT_##as }
#define JUDGED_OR_REPEATED(as)                                                                     \
    { .verdict = LBX_VERDICT_##as, .repeated = LBX_VERDICT_DUPLICATE }
/* Changes and publishes nothing. */
#define NOTHING                                                                                    \
    { .to = LBX_STATE_NONE }

/* clang-format off */

/* States that time or the ticket ended: a vote is late. */
#define OVER_BY_TIME                                                                               \
    [LBX_INPUT_APPROVE] = JUDGED_OR_REPEATED(LATE),                                                \
    [LBX_INPUT_DENY] = JUDGED_OR_REPEATED(LATE),                                                   \
    [LBX_INPUT_TIME_UP] = NOTHING,                                                                 \
    [LBX_INPUT_TICKET_ENDED] = NOTHING,                                                            \
    [LBX_INPUT_LOCKBOX_ENABLED] = NOTHING,                    \
    [LBX_INPUT_REVOKE] = JUDGED(LATE),                                                             \
    [LBX_INPUT_REMIND] = NOTHING
/* States that a decision or a check ended: another vote is a conflict. */
#define OVER_BY_DECISION                                                                           \
    [LBX_INPUT_APPROVE] = JUDGED(CONFLICT),                                                        \
    [LBX_INPUT_DENY] = JUDGED_OR_REPEATED(CONFLICT),                                               \
    [LBX_INPUT_TIME_UP] = NOTHING,                                                                 \
    [LBX_INPUT_TICKET_ENDED] = NOTHING,                                                            \
    [LBX_INPUT_LOCKBOX_ENABLED] = NOTHING,                    \
    [LBX_INPUT_REVOKE] = JUDGED(LATE),                                                             \
    [LBX_INPUT_REMIND] = NOTHING
/* An emergency, active or ended: the customer should acknowledge it. */
#define SHOULD_BE_ACKNOWLEDGED                                                                     \
    [LBX_INPUT_ACKNOWLEDGE] = NOTES(ACKNOWLEDGED),                                                 \
    [LBX_INPUT_UNACKNOWLEDGED] = TELLS(UNACKNOWLEDGED)
#define NOTHING_TO_ACKNOWLEDGE                                                                     \
    [LBX_INPUT_ACKNOWLEDGE] = JUDGED(CONFLICT),                                                    \
    [LBX_INPUT_UNACKNOWLEDGED] = NOTHING

static const struct lbx_rule rules[LBX_STATE_END][LBX_INPUT_COUNT] = {
    [LBX_STATE_CUSTOMER_NOTIFIED] = {
        [LBX_INPUT_APPROVE] = BECOMES_WHEN_ENOUGH(APPROVED, APPROVAL_RECORDED),
        [LBX_INPUT_DENY] = BECOMES(DENIED),
        [LBX_INPUT_TIME_UP] = ENDS(EXPIRED),
        [LBX_INPUT_TICKET_ENDED] = ENDS(CANCELLED),
        [LBX_INPUT_LOCKBOX_ENABLED] = NOTHING,
        [LBX_INPUT_REVOKE] = JUDGED(CONFLICT),
        [LBX_INPUT_REMIND] = TELLS(REMINDER_DUE),
        NOTHING_TO_ACKNOWLEDGE,
    },
    [LBX_STATE_APPROVED] = {
        [LBX_INPUT_APPROVE] = JUDGED_OR_REPEATED(CONFLICT),
        [LBX_INPUT_DENY] = JUDGED(CONFLICT),
        [LBX_INPUT_TIME_UP] = ENDS(COMPLETED),
        [LBX_INPUT_TICKET_ENDED] = ENDS(REVOKED),
        [LBX_INPUT_LOCKBOX_ENABLED] = NOTHING,
        [LBX_INPUT_REVOKE] = BECOMES(REVOKED),
        [LBX_INPUT_REMIND] = NOTHING,
        NOTHING_TO_ACKNOWLEDGE,
    },
    [LBX_STATE_EMERGENCY] = {
        [LBX_INPUT_APPROVE] = JUDGED(CONFLICT),
        [LBX_INPUT_DENY] = JUDGED(CONFLICT),
        [LBX_INPUT_TIME_UP] = ENDS(COMPLETED),
        [LBX_INPUT_TICKET_ENDED] = ENDS(REVOKED),
        [LBX_INPUT_LOCKBOX_ENABLED] = NOTHING,
        [LBX_INPUT_REVOKE] = BECOMES(REVOKED),
        [LBX_INPUT_REMIND] = NOTHING,
        SHOULD_BE_ACKNOWLEDGED,
    },
    [LBX_STATE_EXPIRED] = {OVER_BY_TIME, NOTHING_TO_ACKNOWLEDGE},
    [LBX_STATE_CANCELLED] = {OVER_BY_TIME, NOTHING_TO_ACKNOWLEDGE},
    [LBX_STATE_COMPLETED] = {OVER_BY_TIME, SHOULD_BE_ACKNOWLEDGED},
    [LBX_STATE_DENIED] = {OVER_BY_DECISION, NOTHING_TO_ACKNOWLEDGE},
    [LBX_STATE_REVOKED] = {OVER_BY_DECISION, SHOULD_BE_ACKNOWLEDGED},
    [LBX_STATE_REFUSED] = {OVER_BY_DECISION, NOTHING_TO_ACKNOWLEDGE},
    [LBX_STATE_NOT_REQUIRED] = {
        [LBX_INPUT_APPROVE] = JUDGED(CONFLICT),
        [LBX_INPUT_DENY] = JUDGED(CONFLICT),
        [LBX_INPUT_TIME_UP] = ENDS(COMPLETED),
        [LBX_INPUT_TICKET_ENDED] = ENDS(REVOKED),
        [LBX_INPUT_LOCKBOX_ENABLED] = ENDS(REVOKED),
        [LBX_INPUT_REVOKE] = BECOMES(REVOKED),
        [LBX_INPUT_REMIND] = NOTHING,
        NOTHING_TO_ACKNOWLEDGE,
    },
};
/* clang-format on */

const struct lbx_rule *lbx_rule(enum lbx_state state, enum lbx_input input) {
    assert(state > LBX_STATE_NONE && state < LBX_STATE_END && input < LBX_INPUT_COUNT);
    return &rules[state][input];
}
