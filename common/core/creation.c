/* Makes a request of an access request: a table of checks, of which the first that fails
 * decides. Pure; cannot fail: each access request becomes a request of some state. */
#include "core/creation.h"

#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "core/forbidden.h"
#include "core/kinds.h"

#include <stdio.h>
#include <string.h>

/* ---- the checks ---- */

/* What a failed check adds to its reason. */
struct finding {
    int64_t item; /* number of the item at fault; 0: none */
    struct lbx_item_fault fault;
};

static bool ticket_known(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return c->ticket && c->ticket->subscription_id;
}

static bool ticket_open(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return c->ticket->open;
}

static bool engineer_on_ticket(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return lbx_ticket_engineer(c->ticket, c->wish->engineer_id) != NULL;
}

static bool organization_allowed(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    const char *organization = lbx_ticket_engineer(c->ticket, c->wish->engineer_id)->organization;
    for (char *const *allowed = c->limits->organizations; *allowed; allowed++)
        if (lbx_same_text(*allowed, organization))
            return true;
    return false;
}

/* The ticket's subscription, which a tenant added and did not remove; NULL: none. */
static const struct lbx_subscription *subscription_of(const struct lbx_creation *c) {
    return c->subscription && !c->subscription->removed ? c->subscription : NULL;
}

static bool subscription_known(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return subscription_of(c) || c->limits->unknown_subscriptions;
}

static bool actions_permitted(const struct lbx_creation *c, struct finding *found) {
    for (size_t i = 0; i < c->wish->action_count; i++)
        if (!lbx_item_permitted(&c->wish->actions[i], &found->fault)) {
            found->item = (int64_t)i + 1;
            return false;
        }
    return true;
}

/* Whether a kind without a group is ambiguous: it means the core group, but only other groups have a kind of that name. */
static bool needs_group(const char *kind, struct lbx_item_fault *fault) {
    size_t count, first = lbx_kind_candidates(kind, &count);
    if (strchr(kind, '.') || !count || strcmp(lbx_kind(first), kind) == 0)
        return false;
    int len = snprintf(fault->text, sizeof fault->text, "kind: %s", lbx_kind(first));
    for (size_t i = 1; i < count && len < (int)sizeof fault->text; i++)
        len += snprintf(fault->text + len, sizeof fault->text - (size_t)len, "%s%s",
                        i + 1 < count ? ", " : " or ", lbx_kind(first + i));
    return true;
}

static bool kinds_clear(const struct lbx_creation *c, struct finding *found) {
    for (size_t i = 0; i < c->wish->action_count; i++) {
        const char *kind = c->wish->actions[i].kind;
        if (kind && needs_group(kind, &found->fault)) {
            found->item = (int64_t)i + 1;
            return false;
        }
    }
    return true;
}

/* Names who forbids the item, and the entry. */
static bool forbidden(const struct lbx_forbidden_list *list, const char *whose,
                      const struct lbx_item *item, struct lbx_item_fault *fault) {
    const struct lbx_forbidden *entry = lbx_forbidden_find(list, item);
    if (!entry)
        return false;
    (void)snprintf(fault->text, sizeof fault->text, "%s: %s%s%s%s%s is forbidden", whose,
                   entry->action ? entry->action : "every action", entry->kind ? " of " : "",
                   entry->kind ? entry->kind : "", entry->namespace ? " in " : "",
                   entry->namespace ? entry->namespace : "");
    return true;
}

static bool nothing_forbidden(const struct lbx_creation *c, struct finding *found) {
    struct lbx_forbidden_list policy = {0};
    if (subscription_of(c))
        policy = (struct lbx_forbidden_list){c->subscription->policy.forbid,
                                             c->subscription->policy.forbid_count};
    for (size_t i = 0; i < c->wish->action_count; i++) {
        const struct lbx_item *item = &c->wish->actions[i];
        found->item = (int64_t)i + 1;
        if (forbidden(&c->limits->forbidden, "operator", item, &found->fault) ||
            forbidden(&policy, "policy", item, &found->fault))
            return false;
    }
    return true;
}

static bool resource_inside(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return lbx_resource_inside(c->wish->resource_id, c->ticket->subscription_id);
}

static bool is_emergency(const struct lbx_creation *c) {
    return c->wish->incident_id != NULL;
}

/* The longest access that may be requested: the operator's bound, or the customer's if lower. */
static int64_t longest(const struct lbx_creation *c) {
    int64_t most = is_emergency(c) ? c->limits->emergency_ttl : c->limits->grant_ttl_max;
    int64_t policy = c->subscription ? c->subscription->policy.max_duration : 0;
    return policy && policy < most ? policy : most;
}

static int64_t wished_duration(const struct lbx_creation *c) {
    if (c->wish->duration)
        return c->wish->duration;
    int64_t usual = is_emergency(c) ? c->limits->emergency_ttl : c->limits->grant_ttl;
    return usual < longest(c) ? usual : longest(c);
}

static bool duration_within(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return wished_duration(c) <= longest(c);
}

static bool starts_in_time(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return c->wish->starts_at <= c->now + c->limits->starts_within;
}

/* Whether the justification has text besides white space and invisible characters. */
static bool justified(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    const char *text = c->wish->justification;
    return text && !lbx_utf8_blank(text, strlen(text));
}

/* Whether the grant was running when the access request came. Another worker may have ended it since, by its time. */
static bool is_running(const struct lbx_creation *c, const struct lbx_request *grant) {
    if (grant->state == LBX_STATE_COMPLETED)
        return c->now < grant->expires_at;
    return grant->state == LBX_STATE_APPROVED || grant->state == LBX_STATE_EMERGENCY ||
           grant->state == LBX_STATE_NOT_REQUIRED;
}

/* Whether the extended request is one of the same engineer and cluster. */
static bool extended_known(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    const struct lbx_request *extended = c->extended;
    if (!c->wish->extends)
        return true;
    return extended && is_running(c, extended) &&
           strcmp(extended->engineer.id, c->wish->engineer_id) == 0 &&
           lbx_same_text(extended->resource_id, c->wish->resource_id);
}

static bool lockbox_enabled(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return subscription_of(c) && subscription_of(c)->lockbox_enabled;
}

/* Whether creations and updates have their content, without which nobody could approve them. */
static bool contents_there(const struct lbx_creation *c, struct finding *found) {
    for (size_t i = 0; c->subscription->policy.exact_changes && i < c->wish->action_count; i++)
        if (lbx_action_has_content(c->wish->actions[i].action) &&
            !lbx_item_has_content(&c->wish->actions[i])) {
            found->item = (int64_t)i + 1;
            return false;
        }
    return true;
}

static bool emergency_allowed(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    const struct lbx_emergencies *earlier = &c->emergencies;
    return !is_emergency(c) ||
           (c->subscription->policy.emergency != LBX_EMERGENCY_NEVER && !earlier->unacknowledged &&
            !earlier->revoked && earlier->today < c->limits->emergencies_per_day);
}

/* Whether a person other than the engineer authorized the emergency. */
static bool authorized_by_another(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    const struct lbx_engineer *engineer = lbx_ticket_engineer(c->ticket, c->wish->engineer_id);
    return !is_emergency(c) || (strcmp(c->wish->authorized_by.id, engineer->id) != 0 &&
                                !lbx_same_text(c->wish->authorized_by.email, engineer->email));
}

static bool authorizer_proved(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return !is_emergency(c) || c->authorizer_proved;
}

/* Whether few enough requests wait. An emergency never waits. */
static bool few_wait(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return is_emergency(c) || (c->ticket_pending < c->limits->pending_per_ticket &&
                               c->subscription_pending < c->limits->pending_per_subscription);
}

static bool has_approvers(const struct lbx_creation *c, struct finding *found) {
    (void)found;
    return (int64_t)c->able_count >= lbx_approvals_needed(&c->subscription->policy);
}

#define REFUSES(holds, reason, words)                                                              \
    { holds, LBX_STATE_REFUSED, LBX_REFUSAL_##reason, words }

/* The order is the published one (request.refused in schemas/). The first check that fails
 * decides. */
static const struct check {
    bool (*holds)(const struct lbx_creation *creation, struct finding *found);
    int state, reason;
    const char *words; /* the reason in words, for a mail */
} checks[] = {
    /* clang-format off */
    REFUSES(ticket_known, TICKET_UNKNOWN, "its ticket is not known"),
    REFUSES(ticket_open, TICKET_CLOSED, "its ticket is closed"),
    REFUSES(engineer_on_ticket, ENGINEER_NOT_ON_TICKET, "the engineer is not assigned to its ticket"),
    REFUSES(organization_allowed, ORGANIZATION_NOT_ALLOWED, "the engineer's organization is not allowed"),
    REFUSES(subscription_known, SUBSCRIPTION_UNKNOWN, "the subscription is not known to Lockbox"),
    REFUSES(actions_permitted, ACTION_NOT_PERMITTED, "an action is not one of the permitted ones, of which logs are of only namespaces openshift and openshift-…"),
    REFUSES(kinds_clear, KIND_NEEDS_GROUP, "a kind needs its API group"),
    REFUSES(nothing_forbidden, ACTION_FORBIDDEN, "an action is forbidden, whoever agrees"),
    REFUSES(resource_inside, RESOURCE_OUTSIDE_SUBSCRIPTION, "the resource is outside the subscription"),
    REFUSES(duration_within, DURATION_TOO_LONG, "the duration is longer than allowed"),
    REFUSES(starts_in_time, STARTS_TOO_LATE, "it would begin later than allowed"),
    REFUSES(justified, JUSTIFICATION_MISSING, "it has no justification"),
    REFUSES(extended_known, EXTENDS_UNKNOWN, "the request that it extends is not known"),
    {lockbox_enabled, LBX_STATE_NOT_REQUIRED, LBX_REFUSAL_NONE, NULL},
    REFUSES(contents_there, CONTENT_REQUIRED, "the subscription's policy asks for the content of each change"),
    REFUSES(emergency_allowed, EMERGENCY_NOT_ALLOWED, "emergency access is not allowed"),
    REFUSES(authorized_by_another, AUTHORIZER_IS_ENGINEER, "the emergency was authorized by the engineer who asks"),
    REFUSES(authorizer_proved, AUTHORIZER_UNPROVED, "who authorized the emergency is not proved"),
    REFUSES(few_wait, TOO_MANY_REQUESTS, "too many requests wait for an answer"),
    REFUSES(has_approvers, NO_APPROVERS, "too few people may approve for the subscription"),
    /* clang-format on */
};

const char *lbx_refusal_words(enum lbx_refusal reason) {
    for (size_t i = 0; reason && i < sizeof checks / sizeof *checks; i++)
        if (checks[i].reason == (int)reason)
            return checks[i].words;
    return NULL;
}

void lbx_emergencies_add(struct lbx_emergencies *earlier, const struct lbx_request *request,
                         const char *ticket_id, int64_t now_us) {
    const int64_t day = INT64_C(24) * 3600 * 1000000;
    earlier->today += request->created_at > now_us - day;
    earlier->unacknowledged |= !request->acknowledged_at && request->acknowledge_by <= now_us;
    earlier->revoked |=
        request->state == LBX_STATE_REVOKED && strcmp(request->ticket_id, ticket_id) == 0;
}

/* ---- the request ---- */

static void describe(const struct lbx_creation *c, struct lbx_arena *arena,
                     struct lbx_request *request) {
    const struct lbx_access_requested *wish = c->wish;
    const struct lbx_engineer *engineer =
        c->ticket ? lbx_ticket_engineer(c->ticket, wish->engineer_id) : NULL;
    *request = (struct lbx_request){
        .request_id = c->request_id,
        .version = 1,
        .tenant_id = c->subscription ? c->subscription->tenant_id : NULL,
        .subscription_id = c->ticket ? c->ticket->subscription_id : NULL,
        .ticket_id = wish->ticket_id,
        .engineer = engineer ? *engineer : (struct lbx_engineer){.id = wish->engineer_id},
        .resource_id = wish->resource_id,
        .actions = LBX_ARENA_ARRAY(arena, struct lbx_item, wish->action_count),
        .action_count = wish->action_count,
        .justification = wish->justification,
        .reason_code = wish->reason_code,
        .duration = wished_duration(c),
        .created_at = c->now,
        .extends = wish->extends,
        .authorized_by = wish->authorized_by,
        .incident_id = wish->incident_id,
    };
    for (size_t i = 0; i < wish->action_count; i++) {
        request->actions[i] = wish->actions[i];
        request->actions[i].number = (int64_t)i + 1;
        request->actions[i].kept = true;
    }
}

/* The ticket's opener, if the opener is of the vendor: by the organization that the ticketing
 * system names, or as an engineer on the ticket. */
static struct lbx_principal vendors_opener(const struct lbx_creation *c) {
    const struct lbx_engineer *opener = &c->ticket->opened_by;
    bool vendors = opener->id && lbx_ticket_engineer(c->ticket, opener->id);
    for (char *const *own = c->limits->organizations; opener->organization && *own; own++)
        vendors |= lbx_same_text(*own, opener->organization);
    return vendors ? (struct lbx_principal){opener->id, opener->email, opener->name}
                   : (struct lbx_principal){0};
}

static void inform(const struct lbx_creation *c, struct lbx_request *request) {
    request->approvers = c->approvers;
    request->approver_count = c->approver_count;
    request->alternate_emails = c->subscription->alternate_emails;
    request->alternate_count = c->subscription->alternate_count;
}

static void tell(const struct lbx_creation *c, struct lbx_request *request) {
    inform(c, request);
    request->signed_decisions = c->subscription->policy.signed_decisions;
    request->opened_by = vendors_opener(c);
}

static void ask(const struct lbx_creation *c, struct lbx_request *request) {
    tell(c, request);
    request->state = LBX_STATE_CUSTOMER_NOTIFIED;
    request->decide_by = c->now + c->limits->pending_ttl;
    request->starts_at = c->wish->starts_at;
    request->approvals_needed = lbx_approvals_needed(&c->subscription->policy);
    request->remind_at = lbx_request_next_reminder(request, c->limits, c->now);
}

/* Grants emergency access at once. The customer is informed, and should acknowledge it. */
static void break_glass(const struct lbx_creation *c, struct lbx_request *request) {
    tell(c, request);
    request->state = LBX_STATE_EMERGENCY;
    request->starts_at = c->now;
    request->expires_at = c->now + request->duration;
    request->acknowledge_by = c->now + c->limits->acknowledge_ttl;
}

/* Grants access without approval. It begins as a grant's would, approved now; the approvers, if any, are informed. */
static void allow_unasked(const struct lbx_creation *c, struct lbx_request *request) {
    if (subscription_of(c))
        inform(c, request);
    request->ended_at = c->now; /* the pending phase ended now; access has its own times */
    request->starts_at = c->wish->starts_at > c->now ? c->wish->starts_at : c->now;
    request->expires_at = lbx_time_after(request->starts_at, request->duration);
}

static void refuse(const struct check *check, const struct finding *found, struct lbx_arena *arena,
                   struct lbx_request *request) {
    request->reason = check->reason;
    request->item = request->reason_item = found->item;
    request->detail = found->fault.text[0] ? lbx_arena_strdup(arena, found->fault.text) : NULL;
    request->ended_at = request->created_at;
}

void lbx_request_create(const struct lbx_creation *c, struct lbx_arena *arena,
                        struct lbx_request *ret_request) {
    describe(c, arena, ret_request);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        struct finding found = {0};
        if (checks[i].holds(c, &found))
            continue;
        ret_request->state = checks[i].state;
        if (checks[i].state == LBX_STATE_NOT_REQUIRED)
            allow_unasked(c, ret_request);
        else
            refuse(&checks[i], &found, arena, ret_request);
        return;
    }
    if (is_emergency(c))
        break_glass(c, ret_request);
    else
        ask(c, ret_request);
}
