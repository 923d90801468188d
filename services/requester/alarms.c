/* Finds the people concerned by a tenant's change, and subscriptions that it leaves with too few
 * approvers. Promises an alarm in the transaction of the change, to at most LBX_INFORMED_MAX
 * addresses: half of them the administrators assigned first, then approvers and alternates, then
 * other administrators. Cannot fail but as the database. */
#include "alarms.h"

#include "base/log.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_TOLD = LBX_INFORMED_MAX / 2 };

struct lbx_metric alarms_approvers_missing = {
    .name = "approvers_missing_total", .help = "Changes after which too few people may approve"};
struct lbx_metric alarms_approvers_left_out = {
    .name = "approvers_left_out_total",
    .help = "Requests where more people hold a role than may approve"};

struct alarms_standing {
    const struct stored_subscription *stored;
    bool enabled;
    int64_t needed, left;
};

/* ---- recipients ---- */

struct addresses {
    struct lbx_arena *arena;
    struct lbx_map seen; /* keys in lower case */
    const char **list;
    size_t count;
};

static void begin(struct addresses *addresses, struct lbx_arena *arena) {
    *addresses = (struct addresses){.arena = arena,
                                    .list = LBX_ARENA_ARRAY(arena, const char *, LBX_INFORMED_MAX)};
    lbx_map_init(&addresses->seen, arena);
}

static void add(struct addresses *addresses, const char *email) {
    const char *lower = lbx_lower_all(lbx_arena_strdup(addresses->arena, email));
    if (addresses->count == LBX_INFORMED_MAX || lbx_map_get(&addresses->seen, lower))
        return;
    lbx_map_set(&addresses->seen, lower, addresses);
    addresses->list[addresses->count++] = email;
}

static int by_time(const void *a, const void *b) {
    const struct stored_role *one = *(struct stored_role *const *)a;
    const struct stored_role *other = *(struct stored_role *const *)b;
    return one->at != other->at ? (one->at < other->at ? -1 : 1)
                                : strcmp(one->principal.id, other->principal.id);
}

/* most: so many of them, those who were made so first. */
static void add_administrators(struct addresses *addresses, const struct working_set *set,
                               const char *tenant_id, size_t most) {
    size_t count = 0;
    struct stored_role **roles = LBX_ARENA_ARRAY(set->arena, struct stored_role *, set->roles.used);
    LBX_MAP_EACH(&set->roles, entry) {
        struct stored_role *role = entry->value;
        if (role->held && role->role == LBX_ROLE_GLOBAL_ADMINISTRATOR &&
            strcmp(role->tenant_id, tenant_id) == 0)
            roles[count++] = role;
    }
    qsort(roles, count, sizeof *roles, by_time);
    for (size_t i = 0; i < count && i < most; i++)
        add(addresses, roles[i]->principal.email);
}

static void add_alternates(struct addresses *addresses, const struct lbx_subscription *s) {
    for (size_t i = 0; i < s->alternate_count; i++)
        add(addresses, s->alternate_emails[i]);
}

static void add_approvers(struct addresses *addresses, const struct working_set *set,
                          const struct lbx_subscription *subscription) {
    size_t count;
    const struct lbx_approver *approvers = working_set_approvers(set, subscription, &count);
    for (size_t i = 0; i < count; i++)
        add(addresses, approvers[i].principal.email);
}

/* ---- changes that give up protection ---- */

static void add_concerned(struct addresses *addresses, const struct working_set *set,
                          const struct lbx_subscription *subscription,
                          struct lbx_tenant_changed *changed) {
    if (!subscription || subscription->removed || changed->concern_count == LBX_CONCERNS_MAX ||
        strcmp(subscription->tenant_id, changed->tenant_id) != 0)
        return;
    changed->concerns[changed->concern_count++] = subscription->subscription_id;
    add_approvers(addresses, set, subscription);
    add_alternates(addresses, subscription);
}

void alarms_weakened(const struct working_set *set, const struct lbx_subscription *subscription,
                     struct lbx_tenant_changed *changed) {
    struct addresses addresses;
    begin(&addresses, set->arena);
    changed->weakens = true;
    changed->concerns = LBX_ARENA_ARRAY(set->arena, const char *, LBX_CONCERNS_MAX);
    add_administrators(&addresses, set, changed->tenant_id, FIRST_TOLD);
    if (subscription) {
        add_concerned(&addresses, set, subscription, changed);
    } else {
        LBX_MAP_EACH(&set->subscriptions, entry)
            add_concerned(&addresses, set,
                          ((const struct stored_subscription *)entry->value)->subscription,
                          changed);
    }
    add_administrators(&addresses, set, changed->tenant_id, SIZE_MAX);
    changed->informed = addresses.list;
    changed->informed_count = addresses.count;
}

/* ---- too many approvers ---- */

void alarms_left_out(const struct working_set *set, const struct lbx_subscription *subscription) {
    size_t count;
    (void)working_set_role_holders(set, subscription, &count);
    if (count <= LBX_APPROVERS_MAX)
        return;
    lbx_metric_add(&alarms_approvers_left_out, 1);
    lbx_log(LBX_LOG_ERROR,
            "more people hold a role than may approve: those assigned last are left out",
            LBX_S("subscription_id", subscription->subscription_id),
            LBX_N("left_out", (int64_t)(count - LBX_APPROVERS_MAX)));
}

/* ---- too few approvers ---- */

size_t alarms_able(const struct working_set *set, const struct lbx_subscription *subscription) {
    size_t count, able = 0;
    const struct lbx_approver *approvers = working_set_approvers(set, subscription, &count);
    for (size_t i = 0; i < count; i++)
        able += !subscription->policy.signed_decisions ||
                keyring_key(&set->keyring, subscription->tenant_id, approvers[i].principal.id);
    return able;
}

static enum lbx_cause cause_of(enum lbx_event_type type) {
    switch (lbx_tenant_change_of(type)) {
    case LBX_CHANGE_ROLE_REMOVED:
        return LBX_CAUSE_ROLE_REMOVED;
    case LBX_CHANGE_APPROVER_KEY_SET:
        return LBX_CAUSE_KEY_REMOVED;
    case LBX_CHANGE_POLICY_SET:
        return LBX_CAUSE_POLICY_SET;
    case LBX_CHANGE_LOCKBOX_ENABLED:
        return LBX_CAUSE_LOCKBOX_ENABLED;
    case LBX_CHANGE_SUBSCRIPTION_ADDED:
    case LBX_CHANGE_SUBSCRIPTION_REMOVED:
    case LBX_CHANGE_ROLE_ASSIGNED:
    case LBX_CHANGE_LOCKBOX_DISABLED:
    case LBX_CHANGE_CONTACTS_SET:
    case LBX_CHANGE_NONE:
    case LBX_CHANGE_END:
        break;
    }
    return LBX_CAUSE_NONE;
}

static struct alarms_standing standing_of(const struct working_set *set,
                                          const struct stored_subscription *stored) {
    const struct lbx_subscription *subscription = stored->subscription;
    return (struct alarms_standing){
        .stored = stored,
        .enabled = subscription->lockbox_enabled && !subscription->removed,
        .needed = lbx_approvals_needed(&subscription->policy),
        .left = (int64_t)alarms_able(set, subscription),
    };
}

/* Whether the change may affect a subscription: a key belongs to the tenant, and matters where decisions are signed. */
static bool is_affected(const struct stored_subscription *stored, enum lbx_event_type type,
                        const struct lbx_tenant_event *event) {
    const struct lbx_subscription *subscription = stored->subscription;
    if (!subscription || strcmp(subscription->tenant_id, event->tenant_id) != 0)
        return false;
    if (type == LBX_EVENT_TENANT_APPROVER_KEY_SET)
        return !event->public_key.kty && subscription->policy.signed_decisions;
    return event->subscription_id &&
           lbx_same_text(event->subscription_id, subscription->subscription_id);
}

struct alarms_before alarms_before(const struct working_set *set, enum lbx_event_type type,
                                   const struct lbx_tenant_event *event) {
    struct alarms_before before = {0};
    if (cause_of(type) == LBX_CAUSE_NONE)
        return before;
    before.list = LBX_ARENA_ARRAY(set->arena, struct alarms_standing, set->subscriptions.used);
    LBX_MAP_EACH(&set->subscriptions, entry)
        if (is_affected(entry->value, type, event))
            before.list[before.count++] = standing_of(set, entry->value);
    return before;
}

static bool is_missing(const struct alarms_standing *standing) {
    return standing->enabled && standing->left < standing->needed;
}

/* Whether there are fewer approvers than before, or than are needed. */
static bool is_worse(const struct alarms_standing *before, const struct alarms_standing *after) {
    return is_missing(after) &&
           (!is_missing(before) || after->left < before->left || after->needed > before->needed);
}

static void raise_one(struct lbx_batch *batch, const struct working_set *set,
                      const struct alarms_standing *standing, const struct lbx_event *cause) {
    const struct lbx_subscription *subscription = standing->stored->subscription;
    const struct lbx_tenant_event *event = cause->data;
    struct addresses addresses;
    begin(&addresses, set->arena);
    add_administrators(&addresses, set, subscription->tenant_id, FIRST_TOLD);
    add_alternates(&addresses, subscription);
    add_administrators(&addresses, set, subscription->tenant_id, SIZE_MAX);
    const struct lbx_approvers_missing missing = {
        .tenant_id = subscription->tenant_id,
        .subscription_id = subscription->subscription_id,
        .cause = (int)cause_of(cause->type),
        .needed = standing->needed,
        .left = standing->left,
        .by = event->by,
        .informed = addresses.list,
        .informed_count = addresses.count,
        .at = batch->unit.now,
    };
    lbx_metric_add(&alarms_approvers_missing, 1);
    lbx_log(LBX_LOG_ERROR, "fewer people may approve for a subscription than its policy needs",
            LBX_S("subscription_id", subscription->subscription_id),
            LBX_N("needed", standing->needed), LBX_N("left", standing->left));
    lbx_unit_publish(&batch->unit, LBX_EVENT_TENANT_APPROVERS_MISSING, subscription->tenant_id,
                     cause, &missing);
}

void alarms_raise(struct lbx_batch *batch, const struct working_set *set,
                  const struct alarms_before *before, const struct lbx_event *cause) {
    for (size_t i = 0; i < before->count; i++) {
        const struct alarms_standing after = standing_of(set, before->list[i].stored);
        if (is_worse(&before->list[i], &after))
            raise_one(batch, set, &after, cause);
    }
}
