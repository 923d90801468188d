/* Which tenant changes reduce protection. A policy's members are compared one by one; a change
 * that requires as much as before, or more, does not reduce it. Pure; cannot fail. */
#include "core/request.h"
#include "core/tenant.h"

#include "base/text.h"

#include <string.h>

/* ---- policies ---- */

int64_t lbx_approvals_needed(const struct lbx_policy *policy) {
    return policy->approvals_needed > 1 ? policy->approvals_needed : 1;
}

static bool fewer_approvals(const struct lbx_policy *before, const struct lbx_policy *after) {
    return lbx_approvals_needed(after) < lbx_approvals_needed(before);
}

static bool longer_access(const struct lbx_policy *before, const struct lbx_policy *after) {
    return before->max_duration > 0 &&
           (after->max_duration == 0 || after->max_duration > before->max_duration);
}

static bool as_wide(const char *wide, const char *narrow) {
    return !wide || (narrow && strcmp(wide, narrow) == 0);
}

static bool approved_before(const struct lbx_policy *before, const struct lbx_auto_approval *it) {
    for (size_t i = 0; i < before->auto_approve_count; i++) {
        const struct lbx_auto_approval *was = &before->auto_approve[i];
        if (strcmp(was->action, it->action) == 0 && as_wide(was->namespace, it->namespace) &&
            as_wide(was->reason_code, it->reason_code))
            return true;
    }
    return false;
}

static bool more_approved_beforehand(const struct lbx_policy *before,
                                     const struct lbx_policy *after) {
    for (size_t i = 0; i < after->auto_approve_count; i++)
        if (!approved_before(before, &after->auto_approve[i]))
            return true;
    return false;
}

static bool signatures_off(const struct lbx_policy *before, const struct lbx_policy *after) {
    return before->signed_decisions && !after->signed_decisions;
}

static bool exact_changes_off(const struct lbx_policy *before, const struct lbx_policy *after) {
    return before->exact_changes && !after->exact_changes;
}

static bool emergencies_again(const struct lbx_policy *before, const struct lbx_policy *after) {
    return before->emergency == LBX_EMERGENCY_NEVER && after->emergency != LBX_EMERGENCY_NEVER;
}

static bool forbidden_still(const struct lbx_policy *after, const struct lbx_forbidden *it) {
    for (size_t i = 0; i < after->forbid_count; i++) {
        const struct lbx_forbidden *is = &after->forbid[i];
        if (as_wide(is->action, it->action) && as_wide(is->namespace, it->namespace) &&
            as_wide(is->kind, it->kind))
            return true;
    }
    return false;
}

static bool less_forbidden(const struct lbx_policy *before, const struct lbx_policy *after) {
    for (size_t i = 0; i < before->forbid_count; i++)
        if (!forbidden_still(after, &before->forbid[i]))
            return true;
    return false;
}

typedef bool asks_less_fn(const struct lbx_policy *before, const struct lbx_policy *after);

/* One row for each member of a policy: a new member needs a row here. */
static asks_less_fn *const members[] = {
    fewer_approvals,   longer_access,     more_approved_beforehand, signatures_off,
    exact_changes_off, emergencies_again, less_forbidden,
};

bool lbx_policy_weakens(const struct lbx_policy *before, const struct lbx_policy *after) {
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i](before, after))
            return true;
    return false;
}

/* ---- changes ---- */

static bool same_address(const char *a, const char *b) {
    while (*a && lbx_lower(*a) == lbx_lower(*b))
        a++, b++;
    return *a == *b;
}

static bool alternates_removed(const struct lbx_subscription *before,
                               const struct lbx_tenant_event *event) {
    for (size_t i = 0; i < before->alternate_count; i++) {
        bool stays = false;
        for (size_t j = 0; j < event->alternate_count; j++)
            stays |= same_address(before->alternate_emails[i], event->alternate_emails[j]);
        if (!stays)
            return true;
    }
    return false;
}

static bool webhooks_removed(const struct lbx_subscription *before,
                             const struct lbx_tenant_event *event) {
    for (size_t i = 0; i < before->webhook_count; i++) {
        bool stays = false;
        for (size_t j = 0; j < event->webhook_count; j++)
            stays |= strcmp(before->webhooks[i].url, event->webhooks[j].url) == 0;
        if (!stays)
            return true;
    }
    return false;
}

bool lbx_tenant_weakens(enum lbx_event_type type, const struct lbx_tenant_event *event,
                        const struct lbx_tenant_facts *facts,
                        const struct lbx_subscription *subscription) {
    switch (lbx_tenant_change_of(type)) {
    case LBX_CHANGE_LOCKBOX_DISABLED:
    case LBX_CHANGE_SUBSCRIPTION_REMOVED:
        return true;
    case LBX_CHANGE_POLICY_SET:
        return subscription && lbx_policy_weakens(&subscription->policy, &event->policy);
    case LBX_CHANGE_CONTACTS_SET:
        return subscription &&
               (alternates_removed(subscription, event) || webhooks_removed(subscription, event));
    case LBX_CHANGE_APPROVER_KEY_SET:
        return facts->had_key || (facts->signed_decisions && event->public_key.kty);
    case LBX_CHANGE_ROLE_ASSIGNED:
        return facts->signed_decisions;
    case LBX_CHANGE_SUBSCRIPTION_ADDED:
    case LBX_CHANGE_ROLE_REMOVED:
    case LBX_CHANGE_LOCKBOX_ENABLED:
    case LBX_CHANGE_NONE:
    case LBX_CHANGE_END:
        break;
    }
    return false;
}

bool lbx_change_signature_is_timely(int64_t iat, int64_t now_us, int64_t last_us) {
    enum { SECOND_US = 1000000, OLDEST = 15 * 60, AHEAD = 60 };
    const int64_t now = now_us / SECOND_US;
    return iat >= now - OLDEST && iat <= now + AHEAD && iat >= last_us / SECOND_US;
}
