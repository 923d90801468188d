/* Judges tenants' changes: collects the facts, applies the rules (core/tenant.h), and answers.
 * Promises one answer to each change, and that a signature is used for one change only. Cannot
 * fail but as the database. */
#include "requester.h"

#include "alarms.h"
#include "store/limits.h"

#include <string.h>

static struct lbx_tenant_changed told_of(const struct lbx_batch *batch,
                                         const struct lbx_event *event) {
    const struct lbx_tenant_event *tenant = event->data;
    return (struct lbx_tenant_changed){
        .tenant_id = tenant->tenant_id,
        .subscription_id = tenant->subscription_id,
        .name = tenant->name,
        .change = (int)lbx_tenant_change_of(event->type),
        .principal = tenant->principal,
        .role = tenant->role,
        .by = tenant->by,
        .alternate_emails = tenant->alternate_emails,
        .alternate_count = tenant->alternate_count,
        .policy = tenant->policy,
        .principal_id = tenant->principal_id,
        .public_key = tenant->public_key,
        .at = batch->unit.now,
    };
}

static void publish_change(struct lbx_batch *batch, const struct lbx_event *event,
                           struct lbx_tenant_changed *changed, enum lbx_refusal why) {
    changed->reason = (int)why;
    if (why) { /* a refused change concerns nobody */
        changed->weakens = false;
        changed->concern_count = changed->informed_count = 0;
        changed->concerns = changed->informed = NULL;
    }
    lbx_unit_publish(&batch->unit, why ? LBX_EVENT_TENANT_CHANGE_REFUSED : LBX_EVENT_TENANT_CHANGED,
                     changed->tenant_id, event, changed);
}

/* ---- facts ---- */

static bool of_tenant(const struct lbx_subscription *subscription, const char *tenant_id) {
    return subscription && !subscription->removed &&
           strcmp(subscription->tenant_id, tenant_id) == 0;
}

/* Whether a change is of the whole tenant: then it needs a signature if any of the tenant's subscriptions has signed decisions. */
static bool is_tenant_wide(enum lbx_event_type type, const struct lbx_tenant_event *event) {
    return type == LBX_EVENT_TENANT_APPROVER_KEY_SET ||
           event->role == LBX_ROLE_GLOBAL_ADMINISTRATOR;
}

static bool are_decisions_signed(const struct working_set *set, enum lbx_event_type type,
                                 const struct lbx_tenant_event *event,
                                 const struct lbx_subscription *subscription) {
    if (!is_tenant_wide(type, event))
        return of_tenant(subscription, event->tenant_id) && subscription->policy.signed_decisions;
    LBX_MAP_EACH(&set->subscriptions, entry) {
        const struct stored_subscription *stored = entry->value;
        if (of_tenant(stored->subscription, event->tenant_id) &&
            stored->subscription->policy.signed_decisions)
            return true;
    }
    return false;
}

static void count_approvers(const struct working_set *set, const struct lbx_tenant_event *event,
                            const struct lbx_subscription *subscription,
                            struct lbx_tenant_facts *facts) {
    const struct lbx_approver *holders =
        working_set_role_holders(set, subscription, &facts->approver_count);
    for (size_t i = 0; i < facts->approver_count; i++) {
        const char *id = holders[i].principal.id;
        facts->approves_already |= event->principal.id && strcmp(id, event->principal.id) == 0;
        facts->approvers_with_keys +=
            i < LBX_APPROVERS_MAX &&
            keyring_key(&set->keyring, subscription->tenant_id, id) != NULL;
    }
}

static void count_administrators(const struct working_set *set,
                                 const struct lbx_tenant_event *event,
                                 struct lbx_tenant_facts *facts) {
    LBX_MAP_EACH(&set->roles, entry) {
        const struct stored_role *role = entry->value;
        facts->administrators_with_keys +=
            role->held && role->role == LBX_ROLE_GLOBAL_ADMINISTRATOR &&
            strcmp(role->tenant_id, event->tenant_id) == 0 &&
            keyring_key(&set->keyring, role->tenant_id, role->principal.id) != NULL;
    }
}

static struct lbx_tenant_facts facts_of(const struct working_set *set, enum lbx_event_type type,
                                        const struct lbx_tenant_event *event,
                                        const struct lbx_subscription *subscription) {
    const struct keyring *keyring = &set->keyring;
    struct lbx_tenant_facts facts = {
        .by_administrator =
            event->by.id && working_set_is_administrator(set, event->tenant_id, event->by.id),
        .signed_decisions = are_decisions_signed(set, type, event, subscription),
    };
    count_administrators(set, event, &facts);
    if (subscription)
        count_approvers(set, event, subscription, &facts);
    if (type == LBX_EVENT_TENANT_APPROVER_KEY_SET) {
        facts.had_key = keyring_key(keyring, event->tenant_id, event->principal_id) != NULL;
        facts.key_is_good = keyring_is_good(keyring, event);
        facts.key_taken = keyring_is_taken(keyring, event);
        facts.proof_holds = keyring_proof_holds(keyring, event);
    }
    return facts;
}

/* The change's signature by an administrator, or for a key by the previous key. */
static struct keyring_signature signature_of(const struct lbx_batch *batch,
                                             const struct lbx_input_event *input) {
    const struct working_set *set = batch->state->set;
    const struct keyring *keyring = &set->keyring;
    const struct lbx_tenant_event *event = input->event.data;
    const int64_t now = batch->unit.now;
    struct keyring_signature it = {0};
    if (!lbx_signature_is_there(&event->signature))
        return it;
    if (input->event.type == LBX_EVENT_TENANT_APPROVER_KEY_SET)
        it = keyring_signature(keyring, input,
                               keyring_key(keyring, event->tenant_id, event->principal_id), now);
    LBX_MAP_EACH(&set->roles, entry) {
        const struct stored_role *role = entry->value;
        if (!it.hash && role->held && role->role == LBX_ROLE_GLOBAL_ADMINISTRATOR &&
            strcmp(role->tenant_id, event->tenant_id) == 0)
            it = keyring_signature(keyring, input,
                                   keyring_key(keyring, role->tenant_id, role->principal.id), now);
    }
    return it;
}

/* ---- a change ---- */

/* Ends requests of a removed subscription. */
static void end_removed(struct lbx_batch *batch, const struct stored_subscription *removed,
                        const struct lbx_event *cause) {
    struct working_set *set = batch->state->set;
    LBX_MAP_EACH(&set->requests, entry) {
        struct lbx_stored_request *stored = entry->value;
        if (working_set_subscription(set, stored->request.subscription_id) == removed)
            requester_end(batch, stored, cause);
    }
}

/* Ends access that was opened while Lockbox was disabled. */
static void end_unasked(struct lbx_batch *batch, const struct stored_subscription *enabled,
                        const struct lbx_event *cause) {
    struct working_set *set = batch->state->set;
    const struct lbx_limits limits = lbx_limits_of(&batch->worker->settings);
    LBX_MAP_EACH(&set->requests, entry) {
        struct lbx_stored_request *stored = entry->value;
        if (working_set_subscription(set, stored->request.subscription_id) != enabled)
            continue;
        lbx_unit_pass_time(&batch->unit, stored, &limits);
        struct lbx_step ended = lbx_request_lockbox_enabled(
            &stored->request, lbx_request_not_before(&stored->request, batch->unit.now));
        lbx_unit_step(&batch->unit, stored, &ended, cause);
    }
}

/* A signature is valid once, also if the change needed none: the same data may be a change of another type, or reduce protection
 * later. If it was needed, signatures from before this change are no longer valid; otherwise those from before its own iat. */
static void count_signature(struct lbx_batch *batch, const struct lbx_tenant_event *event,
                            const struct keyring_signature *signature, bool was_needed) {
    const int64_t now = batch->unit.now;
    const int64_t at = was_needed || signature->at > now ? now : signature->at;
    if (signature->hash)
        keyring_counted(&batch->state->set->keyring, event->tenant_id, signature->hash, at);
}

static void apply(struct working_set *set, enum lbx_event_type type,
                  const struct lbx_tenant_event *event, int64_t at_us) {
    if (type == LBX_EVENT_TENANT_ROLE_ASSIGNED || type == LBX_EVENT_TENANT_ROLE_REMOVED)
        working_set_role(set, event, type == LBX_EVENT_TENANT_ROLE_ASSIGNED, at_us);
    if (type == LBX_EVENT_TENANT_APPROVER_KEY_SET)
        keyring_set(&set->keyring, event);
}

void requester_on_tenant(struct lbx_batch *batch, struct lbx_input_event *input) {
    struct working_set *set = batch->state->set;
    const struct lbx_tenant_event *event = input->event.data;
    const enum lbx_event_type type = input->event.type;
    struct stored_subscription *stored = working_set_subscription(set, event->subscription_id);
    struct lbx_tenant_facts facts = facts_of(set, type, event, stored->subscription);
    const struct keyring_signature signature = signature_of(batch, input);
    facts.signature_holds = signature.hash != NULL;
    const bool weakens = lbx_tenant_weakens(type, event, &facts, stored->subscription);
    struct lbx_tenant_changed changed = told_of(batch, &input->event);
    if (weakens)
        alarms_weakened(set, is_tenant_wide(type, event) ? NULL : stored->subscription, &changed);
    const struct alarms_before before = alarms_before(set, type, event);
    const enum lbx_refusal why =
        lbx_tenant_change(type, event, &facts, batch->arena, &stored->subscription);
    if (why == LBX_REFUSAL_NONE) {
        stored->changed |= stored->subscription != NULL;
        apply(set, type, event, batch->unit.now);
        count_signature(batch, event, &signature, weakens && facts.signed_decisions);
    }
    publish_change(batch, &input->event, &changed, why);
    if (why == LBX_REFUSAL_NONE)
        alarms_raise(batch, set, &before, &input->event);
    if (why == LBX_REFUSAL_NONE && type == LBX_EVENT_TENANT_SUBSCRIPTION_REMOVED)
        end_removed(batch, stored, &input->event);
    if (why == LBX_REFUSAL_NONE && type == LBX_EVENT_TENANT_LOCKBOX_ENABLED)
        end_unasked(batch, stored, &input->event);
}
