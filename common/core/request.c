/* What time, tickets and decisions do to a request. Promises that each step has a rule in the
 * table, and that everything due has happened before an input counts. Cannot fail: an input
 * without effect leaves the request as it is. */
#include "core/request.h"

#include "base/resource.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

/* ---- the cluster ---- */

bool lbx_resource_inside(const char *resource_id, const char *subscription_id) {
    struct lbx_cluster_id id;
    return lbx_cluster_id_read(resource_id, strlen(resource_id), &id) &&
           id.subscription.len == strlen(subscription_id) &&
           lbx_same_start(id.subscription.text, subscription_id, id.subscription.len);
}

/* ---- time ---- */

static bool runs(const struct lbx_request *request) {
    return request->state == LBX_STATE_CUSTOMER_NOTIFIED || request->state == LBX_STATE_APPROVED ||
           request->state == LBX_STATE_EMERGENCY || request->state == LBX_STATE_NOT_REQUIRED;
}

static bool awaits_acknowledgement(const struct lbx_request *request) {
    return request->acknowledge_by && !request->acknowledged_at && !request->unacknowledged;
}

/* The next thing that time does, and when. */
struct appointment {
    int64_t at; /* 0: never */
    enum lbx_input input;
};

static void consider(struct appointment *next, int64_t at, enum lbx_input input) {
    if (at && (!next->at || at < next->at))
        *next = (struct appointment){at, input};
}

static struct appointment next_appointment(const struct lbx_request *request) {
    struct appointment next = {0};
    bool asked = request->state == LBX_STATE_CUSTOMER_NOTIFIED;
    if (runs(request))
        consider(&next, asked ? request->decide_by : request->expires_at, LBX_INPUT_TIME_UP);
    if (asked)
        consider(&next, request->remind_at, LBX_INPUT_REMIND);
    if (awaits_acknowledgement(request))
        consider(&next, request->acknowledge_by, LBX_INPUT_UNACKNOWLEDGED);
    return next;
}

int64_t lbx_request_not_before(const struct lbx_request *request, int64_t at_us) {
    const size_t count = request->decision_count;
    const int64_t been_through[] = {
        request->created_at,
        request->ended_at,
        request->unacknowledged ? request->acknowledge_by : 0,
        count ? request->decisions[count - 1].at : 0,
    };
    for (size_t i = 0; i < sizeof been_through / sizeof *been_through; i++)
        if (been_through[i] > at_us)
            at_us = been_through[i];
    return at_us;
}

int64_t lbx_request_due(const struct lbx_request *request) {
    return next_appointment(request).at;
}

int64_t lbx_request_next_reminder(const struct lbx_request *request,
                                  const struct lbx_limits *limits, int64_t after_us) {
    int64_t next = 0;
    for (size_t i = 0; i < limits->reminder_count; i++) {
        int64_t at = request->decide_by - limits->reminders[i];
        if (at > after_us && (!next || at < next))
            next = at;
    }
    return next;
}

int64_t lbx_request_access_end(const struct lbx_request *request) {
    if (!request->expires_at)
        return 0;
    return request->ended_at && request->ended_at < request->expires_at &&
                   request->state != LBX_STATE_NOT_REQUIRED
               ? request->ended_at
               : request->expires_at;
}

/* Whether access began without an approval. The members from creation tell, as the state no longer does once access ended. */
static bool begun_unasked(const struct lbx_request *request) {
    return request->expires_at && !request->decide_by && !request->acknowledge_by;
}

const char *lbx_request_basis(const struct lbx_request *request) {
    if (!request->expires_at)
        return NULL;
    return begun_unasked(request) ? "not_required" : request->decide_by ? "approved" : "emergency";
}

/* ---- steps of the table ---- */

static const struct lbx_step no_step = {.event = LBX_EVENT_NONE};

static struct lbx_step enter(struct lbx_request *request, const struct lbx_rule *rule,
                             int64_t at_us) {
    if (rule->event == LBX_EVENT_NONE)
        return no_step;
    struct lbx_step step = {.event = rule->event, .previous_state = request->state, .at = at_us};
    request->version++;
    if (rule->to != LBX_STATE_NONE)
        request->state = rule->to;
    if (request->state != LBX_STATE_CUSTOMER_NOTIFIED)
        request->remind_at = 0;
    if (rule->to != LBX_STATE_NONE && !runs(request))
        request->ended_at = at_us;
    return step;
}

static const struct lbx_rule *rule_for(const struct lbx_request *request, enum lbx_input input) {
    return lbx_rule((enum lbx_state)request->state, input);
}

/* A missed reminder is not sent later: the last one that is due stands for all. A request that
 * expired meanwhile gets none. */
struct lbx_step lbx_request_pass_time(struct lbx_request *request, const struct lbx_limits *limits,
                                      int64_t now_us) {
    bool lapsed = request->state == LBX_STATE_CUSTOMER_NOTIFIED && now_us >= request->decide_by;
    if (lapsed)
        request->remind_at = 0;
    struct appointment next = next_appointment(request);
    if (!next.at || now_us < next.at)
        return no_step;
    if (next.input == LBX_INPUT_REMIND)
        request->remind_at = lbx_request_next_reminder(request, limits, now_us);
    if (next.input == LBX_INPUT_UNACKNOWLEDGED)
        request->unacknowledged = true;
    return enter(request, rule_for(request, next.input), next.at);
}

struct lbx_step lbx_request_ticket_ended(struct lbx_request *request, int64_t now_us) {
    return enter(request, rule_for(request, LBX_INPUT_TICKET_ENDED), now_us);
}

struct lbx_step lbx_request_lockbox_enabled(struct lbx_request *request, int64_t now_us) {
    return enter(request, rule_for(request, LBX_INPUT_LOCKBOX_ENABLED), now_us);
}

/* ---- decisions ---- */

static bool on_the_list(const struct lbx_request *request, const char *id) {
    for (size_t i = 0; i < request->approver_count; i++)
        if (strcmp(request->approvers[i].principal.id, id) == 0)
            return true;
    return false;
}

static bool said_before(const struct lbx_request *request,
                        const struct lbx_decision_submitted *decision) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (request->decisions[i].decision == decision->decision &&
            strcmp(request->decisions[i].by.id, decision->by.id) == 0)
            return true;
    return false;
}

static bool same_person(const char *id, const char *email, const struct lbx_principal *who) {
    return (id && strcmp(id, who->id) == 0) || (email && lbx_same_text(email, who->email));
}

static bool is_asking_side(const struct lbx_request *request, const struct lbx_principal *who) {
    return same_person(request->engineer.id, request->engineer.email, who) ||
           same_person(request->opened_by.id, request->opened_by.email, who);
}

/* Whether the voter is the engineer, or opened the ticket for the vendor: both may neither approve nor
 * acknowledge. The names in the vote and those from the customer's directory are both compared. */
static bool is_own_request(const struct lbx_request *request, const struct lbx_principal *who) {
    for (size_t i = 0; i < request->approver_count; i++)
        if (strcmp(request->approvers[i].principal.id, who->id) == 0 &&
            is_asking_side(request, &request->approvers[i].principal))
            return true;
    return is_asking_side(request, who);
}

/* Whether an approval allows more than was requested. What an earlier approval left out does not
 * count as more. */
static bool widens(const struct lbx_request *request,
                   const struct lbx_decision_submitted *decision) {
    if (decision->duration > request->duration)
        return true;
    for (size_t i = 0; i < decision->action_count; i++)
        if (decision->actions[i] > (int64_t)request->action_count)
            return true;
    return false;
}

/* Whether an approval keeps an item: one in its list; without a list, any. */
static bool keeps(const struct lbx_decision_submitted *decision, const struct lbx_item *item) {
    bool named = !decision->actions;
    for (size_t i = 0; i < decision->action_count; i++)
        named |= decision->actions[i] == item->number;
    return item->kept && named;
}

bool lbx_request_keeps_forbidden(const struct lbx_request *request,
                                 const struct lbx_decision_submitted *decision,
                                 const struct lbx_forbidden_list *forbidden) {
    for (size_t i = 0; i < request->action_count; i++)
        if (keeps(decision, &request->actions[i]) &&
            lbx_forbidden_find(forbidden, &request->actions[i]))
            return true;
    return false;
}

/* Drops the items that an approval does not keep. Returns whether any is left. */
static bool narrow(struct lbx_request *request, const struct lbx_decision_submitted *decision) {
    bool any = false;
    for (size_t i = 0; i < request->action_count; i++) {
        request->actions[i].kept = keeps(decision, &request->actions[i]);
        any |= request->actions[i].kept;
    }
    if (decision->duration &&
        (!request->granted_duration || decision->duration < request->granted_duration))
        request->granted_duration = decision->duration;
    return any;
}

static void record_vote(struct lbx_request *request, const struct lbx_vote *vote,
                        struct lbx_arena *arena) {
    struct lbx_vote *votes = LBX_ARENA_ARRAY(arena, struct lbx_vote, request->decision_count + 1);
    if (request->decision_count)
        memcpy(votes, request->decisions, sizeof *votes * request->decision_count);
    votes[request->decision_count++] = *vote;
    request->decisions = votes;
}

static struct lbx_vote vote_of(const struct lbx_decision_submitted *decision, int as,
                               int64_t now_us) {
    return (struct lbx_vote){.by = decision->by,
                             .decision = as,
                             .at = now_us,
                             .comment = decision->comment,
                             .signature = decision->signature};
}

static int64_t approvals(const struct lbx_request *request) {
    int64_t count = 0;
    for (size_t i = 0; i < request->decision_count; i++)
        count += request->decisions[i].decision == LBX_DECISION_APPROVE;
    return count;
}

static void open_access(struct lbx_request *request, int64_t now_us) {
    int64_t duration = request->granted_duration ? request->granted_duration : request->duration;
    request->starts_at = request->starts_at > now_us ? request->starts_at : now_us;
    request->expires_at = lbx_time_after(request->starts_at, duration);
}

static struct lbx_judgement judged(int verdict) {
    return (struct lbx_judgement){.verdict = verdict, .step = no_step};
}

static const enum lbx_input inputs[] = {
    [LBX_DECISION_APPROVE] = LBX_INPUT_APPROVE,
    [LBX_DECISION_DENY] = LBX_INPUT_DENY,
    [LBX_DECISION_REVOKE] = LBX_INPUT_REVOKE,
    [LBX_DECISION_ACKNOWLEDGE] = LBX_INPUT_ACKNOWLEDGE,
};

static struct lbx_judgement approve(struct lbx_request *request, const struct lbx_rule *rule,
                                    const struct lbx_decision_submitted *decision, int64_t now_us,
                                    struct lbx_arena *arena) {
    if (widens(request, decision))
        return judged(LBX_VERDICT_WIDENS);
    bool any_left = narrow(request, decision);
    const struct lbx_vote vote =
        vote_of(decision, any_left ? LBX_DECISION_APPROVE : LBX_DECISION_DENY, now_us);
    record_vote(request, &vote, arena);
    if (!any_left) /* an approval without items is a denial */
        rule = rule_for(request, LBX_INPUT_DENY);
    else if (approvals(request) < request->approvals_needed)
        return (struct lbx_judgement){
            .verdict = rule->short_verdict,
            .step = enter(request, &(struct lbx_rule){.event = rule->short_event}, now_us)};
    else
        open_access(request, now_us);
    return (struct lbx_judgement){.verdict = rule->verdict, .step = enter(request, rule, now_us)};
}

static struct lbx_judgement acknowledge(struct lbx_request *request, const struct lbx_rule *rule,
                                        const struct lbx_decision_submitted *decision,
                                        int64_t now_us, struct lbx_arena *arena) {
    if (!request->acknowledge_by)
        return judged(LBX_VERDICT_CONFLICT);
    if (request->acknowledged_at)
        return judged(LBX_VERDICT_DUPLICATE);
    request->acknowledged_at = now_us;
    const struct lbx_vote vote = vote_of(decision, LBX_DECISION_ACKNOWLEDGE, now_us);
    record_vote(request, &vote, arena);
    return (struct lbx_judgement){.verdict = rule->verdict, .step = enter(request, rule, now_us)};
}

struct lbx_judgement lbx_request_decide(struct lbx_request *request,
                                        const struct lbx_decision_submitted *decision,
                                        const struct lbx_voter *voter, int64_t now_us,
                                        struct lbx_arena *arena) {
    const enum lbx_input input = inputs[decision->decision];
    if ((input == LBX_INPUT_APPROVE || input == LBX_INPUT_ACKNOWLEDGE) &&
        is_own_request(request, &decision->by))
        return judged(LBX_VERDICT_SELF_APPROVAL);
    if (!voter->still_approver ||
        (!begun_unasked(request) && !on_the_list(request, decision->by.id)))
        return judged(LBX_VERDICT_NOT_AN_APPROVER);
    if (voter->signature == LBX_SIGNATURE_BAD ||
        (request->signed_decisions && voter->signature == LBX_SIGNATURE_ABSENT))
        return judged(LBX_VERDICT_BAD_SIGNATURE);

    const struct lbx_rule *rule = rule_for(request, input);
    if (rule->repeated && said_before(request, decision))
        return judged(rule->repeated);
    if (rule->event == LBX_EVENT_NONE)
        return judged(rule->verdict);
    if (input == LBX_INPUT_APPROVE && voter->forbidden)
        return judged(LBX_VERDICT_CONFLICT);
    if (input == LBX_INPUT_APPROVE)
        return approve(request, rule, decision, now_us, arena);
    if (input == LBX_INPUT_ACKNOWLEDGE)
        return acknowledge(request, rule, decision, now_us, arena);
    const struct lbx_vote vote = vote_of(decision, decision->decision, now_us);
    record_vote(request, &vote, arena);
    return (struct lbx_judgement){.verdict = rule->verdict, .step = enter(request, rule, now_us)};
}

/* ---- policy ---- */

static bool covers(const struct lbx_policy *policy, const struct lbx_item *item,
                   const char *reason_code) {
    for (size_t i = 0; i < policy->auto_approve_count; i++) {
        const struct lbx_auto_approval *a = &policy->auto_approve[i];
        if (strcmp(a->action, item->action) == 0 &&
            (!a->namespace || (item->namespace && strcmp(a->namespace, item->namespace) == 0)) &&
            (!a->reason_code || (reason_code && strcmp(a->reason_code, reason_code) == 0)))
            return true;
    }
    return false;
}

struct lbx_step lbx_request_auto_approve(struct lbx_request *request,
                                         const struct lbx_policy *policy, int64_t now_us,
                                         struct lbx_arena *arena) {
    const struct lbx_vote vote = {
        .by = {.id = "policy"}, .decision = LBX_DECISION_APPROVE, .at = now_us};
    if (request->state != LBX_STATE_CUSTOMER_NOTIFIED)
        return no_step;
    for (size_t i = 0; i < request->action_count; i++)
        if (!covers(policy, &request->actions[i], request->reason_code))
            return no_step;
    record_vote(request, &vote, arena);
    open_access(request, now_us);
    return enter(request, rule_for(request, LBX_INPUT_APPROVE), now_us);
}
