/* Requests: what an engineer may ask, when it is over, and what a decision does to it.
 *
 * Pure. Time is an argument: microseconds since the Unix epoch, by the database's clock, read after
 * the row's lock was held.
 */
#ifndef LBX_CORE_REQUEST_H
#define LBX_CORE_REQUEST_H

#include "base/arena.h"
#include "core/forbidden.h"
#include "core/rules.h"

/* One step of a request's life, as it is to be published. */
struct lbx_step {
    int event;          /* enum lbx_event_type; LBX_EVENT_NONE: nothing happened */
    int previous_state; /* enum lbx_state */
    int64_t at;         /* when it happened: of what time did, the moment at which it was due */
};

/* What the operator sets. Durations in microseconds, above 0. */
struct lbx_limits {
    int64_t pending_ttl, grant_ttl, grant_ttl_max, emergency_ttl, acknowledge_ttl;
    const int64_t *reminders; /* this long before a pending request lapses */
    size_t reminder_count;
    char *const *organizations;                           /* ended by NULL */
    struct lbx_forbidden_list forbidden;                  /* whoever agrees */
    int64_t pending_per_ticket, pending_per_subscription; /* as many requests may wait */
    int64_t emergencies_per_day;                          /* of a subscription */
    int64_t starts_within; /* access may begin this long after it was asked for */
    /* What is asked for a subscription that no tenant added is not required, and not refused. */
    bool unknown_subscriptions;
};

/* The moment of an input that came at at_us: not before what the request has been through.
 * Clocks of brokers differ, and time may have acted while the input waited. */
int64_t lbx_request_not_before(const struct lbx_request *request, int64_t at_us);

/* When time will do something next; 0: never. */
int64_t lbx_request_due(const struct lbx_request *request);

/* The first reminder of a pending request behind after_us; 0: none. */
int64_t lbx_request_next_reminder(const struct lbx_request *request,
                                  const struct lbx_limits *limits, int64_t after_us);

/* Until when its items are good, whatever its state; 0: they never were. */
int64_t lbx_request_access_end(const struct lbx_request *request);

/* The basis of its access as access_check names it ("approved", "not_required",
 * "emergency"); NULL: none. */
const char *lbx_request_basis(const struct lbx_request *request);

/* Lets time act: the first of what is due at or before now happens. To be called until nothing does,
 * and before every other input, so that nothing late ever counts, however late the expirer is. */
struct lbx_step lbx_request_pass_time(struct lbx_request *request, const struct lbx_limits *limits,
                                      int64_t now_us);

/* Its ticket was closed, its engineer taken off, or it was withdrawn. */
struct lbx_step lbx_request_ticket_ended(struct lbx_request *request, int64_t now_us);

/* Lockbox was enabled for its subscription: access that nobody was asked for ends. */
struct lbx_step lbx_request_lockbox_enabled(struct lbx_request *request, int64_t now_us);

/* The subscription's policy approves what it covers whole: to be asked once, behind creation. */
struct lbx_step lbx_request_auto_approve(struct lbx_request *request,
                                         const struct lbx_policy *policy, int64_t now_us,
                                         struct lbx_arena *arena);

/* What the decider found out about a voter. */
struct lbx_voter {
    bool still_approver; /* holds a role that makes the voter an approver, now */
    enum lbx_signature {
        LBX_SIGNATURE_ABSENT,
        LBX_SIGNATURE_GOOD, /* by the voter's registered key, over this request's digest and this decision */
        LBX_SIGNATURE_BAD,
    } signature;
    bool forbidden; /* the decision keeps an item that is forbidden, whoever agrees */
};

struct lbx_judgement {
    int verdict; /* enum lbx_verdict */
    struct lbx_step step;
};

/* Whether the items that a decision leaves have one that the list forbids. */
bool lbx_request_keeps_forbidden(const struct lbx_request *request,
                                 const struct lbx_decision_submitted *decision,
                                 const struct lbx_forbidden_list *forbidden);

/* Judges a decision on a request whose time has passed by already. The vote's texts are borrowed by
 * the request. */
struct lbx_judgement lbx_request_decide(struct lbx_request *request,
                                        const struct lbx_decision_submitted *decision,
                                        const struct lbx_voter *voter, int64_t now_us,
                                        struct lbx_arena *arena);

/* Whether resource_id is an OpenShift cluster (ARM id) of the subscription; compared without case. */
bool lbx_resource_inside(const char *resource_id, const char *subscription_id);

#endif
