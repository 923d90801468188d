/* The life of a request: its times, and what a decision does.
 *
 * Pure. Time is an argument: microseconds since the Unix epoch, from the database's clock, read
 * while the row is locked. */
#ifndef LBX_CORE_REQUEST_H
#define LBX_CORE_REQUEST_H

#include "base/arena.h"
#include "core/forbidden.h"
#include "core/rules.h"

/* A step in the life of a request, to be published as an event. */
struct lbx_step {
    int event;          /* enum lbx_event_type; LBX_EVENT_NONE: no step */
    int previous_state; /* enum lbx_state */
    int64_t at;         /* time of the step: if time caused it, when it was due */
};

/* The operator's settings. Durations in microseconds, above 0. */
struct lbx_limits {
    int64_t pending_ttl, grant_ttl, grant_ttl_max, emergency_ttl, acknowledge_ttl;
    const int64_t *reminders; /* durations before a pending request expires */
    size_t reminder_count;
    char *const *organizations;                           /* ended by NULL */
    struct lbx_forbidden_list forbidden;                  /* forbidden whoever approves */
    int64_t pending_per_ticket, pending_per_subscription; /* most pending requests */
    int64_t emergencies_per_day;                          /* of a subscription */
    int64_t starts_within; /* access must begin within this time of the request */
    /* Requests for a subscription that no tenant added become not_required instead of refused. */
    bool unknown_subscriptions;
};

/* The time of an input that came at at_us: not before the request's last step. Brokers' clocks
 * differ, and time may have caused steps while the input waited. */
int64_t lbx_request_not_before(const struct lbx_request *request, int64_t at_us);

/* When time causes the next step; 0: never. */
int64_t lbx_request_due(const struct lbx_request *request);

/* The first reminder of a pending request after after_us; 0: none. */
int64_t lbx_request_next_reminder(const struct lbx_request *request,
                                  const struct lbx_limits *limits, int64_t after_us);

/* When access to its items ends or ended, in any state; 0: there was none. */
int64_t lbx_request_access_end(const struct lbx_request *request);

/* The basis of access as in access_check ("approved", "not_required", "emergency"); NULL: none. */
const char *lbx_request_basis(const struct lbx_request *request);

/* Takes the first step that is due at or before now. Callers repeat it until there is none,
 * before each other input: so nothing late counts, however late the expirer is. */
struct lbx_step lbx_request_pass_time(struct lbx_request *request, const struct lbx_limits *limits,
                                      int64_t now_us);

/* The ticket was closed, the engineer removed from it, or the request withdrawn. */
struct lbx_step lbx_request_ticket_ended(struct lbx_request *request, int64_t now_us);

/* Lockbox was enabled for the subscription: access without approval ends. */
struct lbx_step lbx_request_lockbox_enabled(struct lbx_request *request, int64_t now_us);

/* Approves the request if the subscription's policy covers all its items; called once, after creation. */
struct lbx_step lbx_request_auto_approve(struct lbx_request *request,
                                         const struct lbx_policy *policy, int64_t now_us,
                                         struct lbx_arena *arena);

/* The decider's findings about a voter. */
struct lbx_voter {
    bool still_approver; /* has a role that makes the voter an approver now */
    enum lbx_signature {
        LBX_SIGNATURE_ABSENT,
        LBX_SIGNATURE_GOOD, /* by the voter's registered key, over this request's digest and this decision */
        LBX_SIGNATURE_BAD,
    } signature;
    bool forbidden; /* the decision keeps an item that is forbidden whoever approves */
};

struct lbx_judgement {
    int verdict; /* enum lbx_verdict */
    struct lbx_step step;
};

/* Whether the items that a decision keeps include one on the list. */
bool lbx_request_keeps_forbidden(const struct lbx_request *request,
                                 const struct lbx_decision_submitted *decision,
                                 const struct lbx_forbidden_list *forbidden);

/* Judges a decision on a request, after lbx_request_pass_time. The request borrows the vote's
 * texts. */
struct lbx_judgement lbx_request_decide(struct lbx_request *request,
                                        const struct lbx_decision_submitted *decision,
                                        const struct lbx_voter *voter, int64_t now_us,
                                        struct lbx_arena *arena);

/* Whether resource_id is an OpenShift cluster (ARM id) of the subscription; compared without case. */
bool lbx_resource_inside(const char *resource_id, const char *subscription_id);

#endif
