/* A tenant's changes: which are allowed, and their effect on a subscription. Pure. A change that
 * is not allowed changes nothing, and gives the reason. */
#include "core/tenant.h"

#include "core/forbidden.h"
#include "event/signature.h"

#include <string.h>

static const struct lbx_field policy_fields[] = {
    LBX_ROW_INT(lbx_policy, approvals_needed, .min = 0, .max = 5),
    LBX_ROW_DURATION(lbx_policy, max_duration, .required = false),
    LBX_ROW_OBJECTS(lbx_policy, auto_approve, auto_approve_count, struct lbx_auto_approval,
                    .of = &lbx_auto_approval_table, .max_items = 50),
    LBX_ROW_BOOL(lbx_policy, signed_decisions, .required = false),
    LBX_ROW_OBJECTS(lbx_policy, forbid, forbid_count, struct lbx_forbidden,
                    .of = &lbx_forbidden_table, .max_items = 50),
    LBX_ROW_ENUM(lbx_policy, emergency, .names = lbx_emergency_names),
    LBX_ROW_BOOL(lbx_policy, exact_changes, .required = false),
};
static const struct lbx_table policy_table = LBX_TABLE("policy", lbx_policy, policy_fields);

static const struct lbx_field subscription_fields[] = {
    LBX_ROW_TEXT(lbx_subscription, subscription_id, .required = true, .max = 128),
    LBX_ROW_TEXT(lbx_subscription, tenant_id, .required = true, .max = 128),
    LBX_ROW_TEXT(lbx_subscription, name, .max = 256),
    LBX_ROW_BOOL(lbx_subscription, removed, .required = false),
    LBX_ROW_BOOL(lbx_subscription, lockbox_enabled, .required = false),
    LBX_ROW_TEXTS(lbx_subscription, alternate_emails, alternate_count, .max = 254, .max_items = 50),
    LBX_ROW_OBJECTS(lbx_subscription, webhooks, webhook_count, struct lbx_webhook, .max_items = 10,
                    .of = &lbx_webhook_table),
    LBX_ROW_OBJECT(lbx_subscription, policy, struct lbx_policy, .of = &policy_table),
};

const struct lbx_table lbx_subscription_table =
    LBX_TABLE("subscription", lbx_subscription, subscription_fields);

enum lbx_change lbx_tenant_change_of(enum lbx_event_type type) {
    static const enum lbx_change changes[LBX_EVENT_COUNT] = {
#define CHANGE_OF(name, text) [LBX_EVENT_TENANT_##name] = LBX_CHANGE_##name,
        LBX_CHANGES(CHANGE_OF)
#undef CHANGE_OF
    };
    return changes[type];
}

struct needs {
    bool administrator;
    bool subscription; /* the event names a subscription, which is the tenant's own */
};

static struct needs needs_of(enum lbx_change change) {
    switch (change) {
    case LBX_CHANGE_LOCKBOX_ENABLED:
    case LBX_CHANGE_LOCKBOX_DISABLED:
    case LBX_CHANGE_POLICY_SET:
    case LBX_CHANGE_SUBSCRIPTION_REMOVED:
        return (struct needs){.administrator = true, .subscription = true};
    case LBX_CHANGE_ROLE_ASSIGNED:
    case LBX_CHANGE_ROLE_REMOVED:
    case LBX_CHANGE_CONTACTS_SET:
        return (struct needs){.subscription = true};
    case LBX_CHANGE_APPROVER_KEY_SET:
        return (struct needs){.administrator = true};
    case LBX_CHANGE_SUBSCRIPTION_ADDED:
    case LBX_CHANGE_NONE:
    case LBX_CHANGE_END:
        break;
    }
    return (struct needs){false, false};
}

static bool tenant_scope(const struct lbx_tenant_event *event) {
    return event->role == LBX_ROLE_GLOBAL_ADMINISTRATOR;
}

static const struct lbx_field key_proof_fields[] = {
    LBX_ROW_TEXT(lbx_key_proof, tenant_id, .required = true, .max = 128),
    LBX_ROW_TEXT(lbx_key_proof, principal_id, .required = true, .max = 128),
    LBX_ROW_INT(lbx_key_proof, iat, .required = true, .max = INT64_MAX),
};
const struct lbx_table lbx_key_proof_table =
    LBX_TABLE("key_proof", lbx_key_proof, key_proof_fields);

bool lbx_key_proof_matches(const struct lbx_key_proof *proof,
                           const struct lbx_tenant_event *event) {
    return strcmp(proof->tenant_id, event->tenant_id) == 0 &&
           strcmp(proof->principal_id, event->principal_id) == 0;
}

/* Whether the person may make the change: administrators may, and each person may set their own key. */
static bool may_change(const struct lbx_tenant_event *event, enum lbx_change change,
                       const struct lbx_tenant_facts *facts) {
    return facts->by_administrator || !needs_of(change).administrator ||
           (change == LBX_CHANGE_APPROVER_KEY_SET && event->by.id &&
            strcmp(event->by.id, event->principal_id) == 0);
}

/* Whether a key may be set: a new one must be its holder's alone; removal needs nothing. */
static bool good_key(const struct lbx_tenant_event *event, const struct lbx_tenant_facts *facts) {
    if (!event->public_key.kty)
        return !lbx_signature_is_there(&event->proof);
    return facts->key_is_good && !facts->key_taken && facts->proof_holds;
}

/* Whether signatures may be switched on: enough people must have keys. */
static bool keys_missing(const struct lbx_tenant_event *event, const struct lbx_tenant_facts *facts,
                         const struct lbx_subscription *before) {
    return event->policy.signed_decisions && !before->policy.signed_decisions &&
           ((int64_t)facts->approvers_with_keys < lbx_approvals_needed(&event->policy) ||
            facts->administrators_with_keys == 0);
}

/* Whether a policy's actions, namespaces and kinds are valid. An invalid one would match nothing, without any notice. */
static bool good_policy(const struct lbx_policy *policy) {
    for (size_t i = 0; i < policy->auto_approve_count; i++)
        if (!lbx_action_permitted(policy->auto_approve[i].action))
            return false;
    for (size_t i = 0; i < policy->forbid_count; i++)
        if (!lbx_forbidden_valid(&policy->forbid[i]))
            return false;
    return true;
}

/* Whether the subscription is another tenant's. A removed one stays its tenant's until an operator releases it. */
static bool of_another(const struct lbx_tenant_event *event,
                       const struct lbx_subscription *subscription) {
    return subscription && strcmp(subscription->tenant_id, event->tenant_id) != 0;
}

static bool one_too_many(const struct lbx_tenant_event *event,
                         const struct lbx_tenant_facts *facts) {
    return !tenant_scope(event) && !facts->approves_already &&
           facts->approver_count >= LBX_APPROVERS_MAX;
}

static enum lbx_refusal refusal(enum lbx_change change, const struct lbx_tenant_event *event,
                                const struct lbx_tenant_facts *facts,
                                const struct lbx_subscription *subscription) {
    bool theirs = subscription && !subscription->removed && !of_another(event, subscription);
    if (!may_change(event, change, facts))
        return LBX_REFUSAL_NOT_A_GLOBAL_ADMINISTRATOR;
    if (needs_of(change).subscription && !tenant_scope(event)) {
        if (!event->subscription_id)
            return LBX_REFUSAL_SUBSCRIPTION_MISSING;
        if (!theirs)
            return LBX_REFUSAL_SUBSCRIPTION_UNKNOWN;
    }
    if (change == LBX_CHANGE_POLICY_SET && !good_policy(&event->policy))
        return LBX_REFUSAL_ACTION_NOT_PERMITTED;
    if (change == LBX_CHANGE_APPROVER_KEY_SET && !good_key(event, facts))
        return LBX_REFUSAL_BAD_KEY;
    if (change == LBX_CHANGE_SUBSCRIPTION_ADDED && of_another(event, subscription))
        return LBX_REFUSAL_SUBSCRIPTION_OF_ANOTHER_TENANT;
    if (change == LBX_CHANGE_ROLE_ASSIGNED && one_too_many(event, facts))
        return LBX_REFUSAL_TOO_MANY_APPROVERS;
    if (change == LBX_CHANGE_POLICY_SET && keys_missing(event, facts, subscription))
        return LBX_REFUSAL_KEYS_MISSING;
    return LBX_REFUSAL_NONE;
}

/* Adds a subscription. One that was removed starts anew, with Lockbox off until its tenant
 * enables it. */
static void add(const struct lbx_tenant_event *event, struct lbx_arena *arena,
                struct lbx_subscription **subscription) {
    if (!*subscription)
        *subscription = LBX_ARENA_NEW(arena, struct lbx_subscription);
    struct lbx_subscription *s = *subscription;
    if (!s->tenant_id || s->removed)
        *s = (struct lbx_subscription){0};
    s->subscription_id = event->subscription_id;
    s->tenant_id = event->tenant_id;
    s->name = event->name;
}

enum lbx_refusal lbx_tenant_change(enum lbx_event_type type, const struct lbx_tenant_event *event,
                                   const struct lbx_tenant_facts *facts, struct lbx_arena *arena,
                                   struct lbx_subscription **subscription) {
    const enum lbx_change change = lbx_tenant_change_of(type);
    enum lbx_refusal why = refusal(change, event, facts, *subscription);
    if (why == LBX_REFUSAL_NONE && facts->signed_decisions && !facts->signature_holds &&
        lbx_tenant_weakens(type, event, facts, *subscription))
        why = LBX_REFUSAL_BAD_SIGNATURE;
    if (why != LBX_REFUSAL_NONE)
        return why;
    switch (change) {
    case LBX_CHANGE_SUBSCRIPTION_ADDED:
        add(event, arena, subscription);
        break;
    case LBX_CHANGE_SUBSCRIPTION_REMOVED:
        (*subscription)->removed = true;
        (*subscription)->lockbox_enabled = false;
        break;
    case LBX_CHANGE_LOCKBOX_ENABLED:
        (*subscription)->lockbox_enabled = true;
        break;
    case LBX_CHANGE_LOCKBOX_DISABLED:
        (*subscription)->lockbox_enabled = false;
        break;
    case LBX_CHANGE_CONTACTS_SET:
        (*subscription)->alternate_emails = event->alternate_emails;
        (*subscription)->alternate_count = event->alternate_count;
        (*subscription)->webhooks = event->webhooks;
        (*subscription)->webhook_count = event->webhook_count;
        break;
    case LBX_CHANGE_POLICY_SET:
        (*subscription)->policy = event->policy;
        break;
    case LBX_CHANGE_APPROVER_KEY_SET:
    case LBX_CHANGE_ROLE_ASSIGNED:
    case LBX_CHANGE_ROLE_REMOVED:
    case LBX_CHANGE_NONE:
    case LBX_CHANGE_END:
        break;
    }
    return LBX_REFUSAL_NONE;
}
