/* Loads, finds and saves a batch's rows, locked in the order that all workers share: tickets,
 * subscriptions, requests, by id within each. Promises that unchanged rows are not written, and
 * that an unreadable row affects only events about it. Cannot fail but as the database. */
#include "working_set.h"

#include "base/clock.h"
#include "core/tenant.h"
#include "named.h"
#include "sql_requester.h"
#include "store/metrics.h"

#include <stdlib.h>
#include <string.h>

/* ---- loading ---- */

/* The earliest time of the batch's records; 0: unknown. */
static int64_t earliest(const struct lbx_batch *batch) {
    int64_t least_ms = INT64_MAX;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].record->timestamp_ms < least_ms)
            least_ms = batch->inputs[i].record->timestamp_ms;
    return least_ms > 0 && least_ms < INT64_MAX / LBX_MS_US ? least_ms * LBX_MS_US : 0;
}

struct working_set *working_set_load(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    struct working_set *set = LBX_ARENA_NEW(batch->arena, struct working_set);
    const struct named names = named_by(batch);
    set->arena = batch->arena;
    struct lbx_map *const maps[] = {&set->tickets, &set->subscriptions, &set->roles,
                                    &set->requests};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        lbx_map_init(maps[i], batch->arena);
    set->tickets_call = LBX_PG_CALL(calls, requester_load_tickets, .ticket_ids = names.tickets);
    set->subscriptions_call =
        LBX_PG_CALL(calls, requester_load_subscriptions, .subscription_ids = names.subscriptions,
                    .ticket_ids = names.tickets, .tenant_ids = names.whole_tenants);
    set->roles_call =
        LBX_PG_CALL(calls, requester_load_roles, .subscription_ids = names.subscriptions,
                    .ticket_ids = names.tickets, .tenant_ids = names.tenants,
                    .whole_tenant_ids = names.whole_tenants);
    const struct keyring_names keys = {
        .tenants = names.tenants,
        .subscriptions = names.subscriptions,
        .tickets = names.asking_tickets,
    };
    keyring_load(&set->keyring, batch->arena, &keys, earliest(batch), calls);
    set->requests_call =
        lbx_requests_load(names.requests, names.live_tickets, names.live_subscriptions, calls);
    set->ticket_pending_call =
        LBX_PG_CALL(calls, requester_count_ticket_pending, .ticket_ids = names.asking_tickets);
    set->subscription_pending_call =
        LBX_PG_CALL(calls, requester_count_subscription_pending,
                    .subscription_ids = names.subscriptions, .ticket_ids = names.asking_tickets);
    emergencies_load(&set->emergencies, batch, names.subscriptions, calls);
    return set;
}

/* ---- finding ---- */

struct stored_ticket *working_set_ticket(struct working_set *set, const char *ticket_id) {
    struct stored_ticket *stored = lbx_map_get(&set->tickets, ticket_id);
    if (stored)
        return stored;
    stored = LBX_ARENA_NEW(set->arena, struct stored_ticket);
    stored->ticket.ticket_id = ticket_id;
    lbx_map_set(&set->tickets, ticket_id, stored);
    return stored;
}

struct stored_subscription *working_set_subscription(struct working_set *set,
                                                     const char *subscription_id) {
    const char *key = named_lower(set->arena, subscription_id ? subscription_id : "");
    struct stored_subscription *stored = lbx_map_get(&set->subscriptions, key);
    if (stored)
        return stored;
    stored = LBX_ARENA_NEW(set->arena, struct stored_subscription);
    lbx_map_set(&set->subscriptions, key, stored);
    return stored;
}

static const char *role_key(struct lbx_arena *arena, const struct stored_role *role) {
    return LBX_MAP_KEY(arena, role->tenant_id, role->subscription_id, lbx_role_names[role->role],
                       role->principal.id);
}

/* Finds a role or makes it, not held. */
static struct stored_role *find_role(struct working_set *set, const struct stored_role *identity) {
    const char *key = role_key(set->arena, identity);
    struct stored_role *stored = lbx_map_get(&set->roles, key);
    if (stored)
        return stored;
    stored = LBX_ARENA_NEW(set->arena, struct stored_role);
    *stored = *identity;
    lbx_map_set(&set->roles, key, stored);
    return stored;
}

bool working_set_is_administrator(const struct working_set *set, const char *tenant_id,
                                  const char *principal_id) {
    const struct stored_role identity = {.tenant_id = tenant_id,
                                         .subscription_id = "",
                                         .role = LBX_ROLE_GLOBAL_ADMINISTRATOR,
                                         .principal.id = principal_id};
    const struct stored_role *role = lbx_map_get(&set->roles, role_key(set->arena, &identity));
    return role && role->held;
}

static int by_time(const void *a, const void *b) {
    const struct stored_role *one = *(struct stored_role *const *)a;
    const struct stored_role *other = *(struct stored_role *const *)b;
    const int by_id = strcmp(one->principal.id, other->principal.id);
    return one->at != other->at ? (one->at < other->at ? -1 : 1)
           : by_id              ? by_id
                                : one->role - other->role;
}

/* The current roles in a subscription, sorted, so that the order in which they were loaded or given does not matter. */
static size_t roles_of(const struct working_set *set, const struct lbx_subscription *subscription,
                       struct stored_role ***ret_roles) {
    size_t count = 0;
    const char *scope = named_lower(set->arena, subscription->subscription_id);
    struct stored_role **roles = LBX_ARENA_ARRAY(set->arena, struct stored_role *, set->roles.used);
    LBX_MAP_EACH(&set->roles, entry) {
        struct stored_role *role = entry->value;
        if (role->held && strcmp(role->subscription_id, scope) == 0 &&
            strcmp(role->tenant_id, subscription->tenant_id) == 0)
            roles[count++] = role;
    }
    qsort(roles, count, sizeof *roles, by_time);
    *ret_roles = roles;
    return count;
}

struct lbx_approver *working_set_role_holders(const struct working_set *set,
                                              const struct lbx_subscription *subscription,
                                              size_t *ret_count) {
    struct lbx_map seen;
    size_t count = 0;
    struct stored_role **roles;
    const size_t role_count = roles_of(set, subscription, &roles);
    struct lbx_approver *approvers = LBX_ARENA_ARRAY(set->arena, struct lbx_approver, role_count);
    lbx_map_init(&seen, set->arena);
    for (size_t i = 0; i < role_count; i++) {
        struct stored_role *role = roles[i];
        if (lbx_map_get(&seen, role->principal.id))
            continue;
        lbx_map_set(&seen, role->principal.id, role);
        approvers[count++] = (struct lbx_approver){role->principal, role->role};
    }
    *ret_count = count;
    return approvers;
}

struct lbx_approver *working_set_approvers(const struct working_set *set,
                                           const struct lbx_subscription *subscription,
                                           size_t *ret_count) {
    struct lbx_approver *holders = working_set_role_holders(set, subscription, ret_count);
    if (*ret_count > LBX_APPROVERS_MAX)
        *ret_count = LBX_APPROVERS_MAX;
    return holders;
}

/* ---- changing ---- */

static bool same_person(const struct lbx_principal *a, const struct lbx_principal *b) {
    return strcmp(a->email, b->email) == 0 && strcmp(a->name, b->name) == 0;
}

void working_set_role(struct working_set *set, const struct lbx_tenant_event *event, bool held,
                      int64_t at_us) {
    const bool tenant_wide = event->role == LBX_ROLE_GLOBAL_ADMINISTRATOR;
    const struct stored_role identity = {
        .tenant_id = event->tenant_id,
        .subscription_id = tenant_wide ? "" : named_lower(set->arena, event->subscription_id),
        .role = event->role,
        .principal = event->principal,
    };
    struct stored_role *role = find_role(set, &identity);
    if (held == role->held && (!held || same_person(&role->principal, &event->principal)))
        return;
    role->changed = true;
    role->at = at_us;
    if (held)
        role->principal = event->principal;
    role->held = held;
}

/* ---- reading ---- */

static bool read_snapshot(struct working_set *set, const struct lbx_table *table, const char *name,
                          const char *id, const char *text, void *ret_struct) {
    struct lbx_reason reason;
    if (lbx_json_read_stored(table, text, strlen(text), set->arena, ret_struct, &reason) == LBX_OK)
        return true;
    lbx_row_unreadable(name, id, reason.text);
    set->unreadable++;
    return false;
}

static void read_ticket(struct working_set *set, const struct lbx_pg *pg, size_t row) {
    struct lbx_ticket ticket = {0};
    const struct sql_requester_load_tickets_answer it =
        LBX_PG_READ(pg, set->tickets_call, row, requester_load_tickets, NULL);
    struct stored_ticket *stored =
        working_set_ticket(set, lbx_arena_strdup(set->arena, it.ticket_id));
    stored->unreadable =
        !read_snapshot(set, &lbx_ticket_table, "ticket", it.ticket_id, it.snapshot, &ticket);
    if (!stored->unreadable)
        stored->ticket = ticket;
}

static void read_subscription(struct working_set *set, const struct lbx_pg *pg, size_t row) {
    struct lbx_subscription *subscription = LBX_ARENA_NEW(set->arena, struct lbx_subscription);
    const struct sql_requester_load_subscriptions_answer it =
        LBX_PG_READ(pg, set->subscriptions_call, row, requester_load_subscriptions, NULL);
    struct stored_subscription *stored = working_set_subscription(set, it.subscription_id);
    if (read_snapshot(set, &lbx_subscription_table, "subscription", it.subscription_id, it.snapshot,
                      subscription))
        stored->subscription = subscription;
    else
        stored->unreadable_of = lbx_arena_strdup(set->arena, it.tenant_id);
}

static void read_role(struct working_set *set, const struct lbx_pg *pg, size_t row) {
    struct lbx_arena *arena = set->arena;
    const struct sql_requester_load_roles_answer it =
        LBX_PG_READ(pg, set->roles_call, row, requester_load_roles, arena);
    const struct stored_role identity = {
        .tenant_id = lbx_arena_strdup(arena, it.tenant_id),
        .subscription_id = lbx_arena_strdup(arena, it.subscription_id),
        .role = lbx_name_index(lbx_role_names, it.role),
        .principal = {lbx_arena_strdup(arena, it.principal_id), lbx_arena_strdup(arena, it.email),
                      lbx_arena_strdup(arena, it.name)},
    };
    struct stored_role *role = find_role(set, &identity);
    role->at = it.assigned_at;
    role->was_held = role->held = true;
}

static void read_pending(struct working_set *set, const struct lbx_pg *pg) {
    for (size_t i = 0; i < lbx_pg_row_count(pg, set->ticket_pending_call); i++) {
        const struct sql_requester_count_ticket_pending_answer it = LBX_PG_READ(
            pg, set->ticket_pending_call, i, requester_count_ticket_pending, set->arena);
        working_set_ticket(set, lbx_arena_strdup(set->arena, it.ticket_id))->pending = it.pending;
    }
    for (size_t i = 0; i < lbx_pg_row_count(pg, set->subscription_pending_call); i++) {
        const struct sql_requester_count_subscription_pending_answer it =
            LBX_PG_READ(pg, set->subscription_pending_call, i, requester_count_subscription_pending,
                        set->arena);
        working_set_subscription(set, it.subscription_id)->pending = it.pending;
    }
}

void working_set_read(struct working_set *set, const struct lbx_pg *pg) {
    for (size_t i = 0; i < lbx_pg_row_count(pg, set->tickets_call); i++)
        read_ticket(set, pg, i);
    for (size_t i = 0; i < lbx_pg_row_count(pg, set->subscriptions_call); i++)
        read_subscription(set, pg, i);
    for (size_t i = 0; i < lbx_pg_row_count(pg, set->roles_call); i++)
        read_role(set, pg, i);
    keyring_read(&set->keyring, pg);
    emergencies_read(&set->emergencies, pg);
    set->unreadable += lbx_requests_read(pg, set->requests_call, set->arena, &set->requests, NULL);
    read_pending(set, pg);
}

/* ---- unreadable rows ---- */

static const char *ticket_unreadable(struct working_set *set, const char *ticket_id, bool asks) {
    const struct stored_ticket *stored = working_set_ticket(set, ticket_id);
    if (stored->unreadable)
        return "/data/ticket_id: the ticket's row cannot be read";
    return asks && working_set_subscription(set, stored->ticket.subscription_id)->unreadable_of
               ? "/data/ticket_id: the subscription's row cannot be read"
               : NULL;
}

/* An unreadable subscription of the tenant, as changes of the whole tenant depend on each. NULL: none. */
static const char *tenant_unreadable(struct working_set *set,
                                     const struct lbx_tenant_event *event) {
    if (event->subscription_id &&
        working_set_subscription(set, event->subscription_id)->unreadable_of)
        return "/data/subscription_id: the subscription's row cannot be read";
    if (event->subscription_id && event->role != LBX_ROLE_GLOBAL_ADMINISTRATOR)
        return NULL;
    LBX_MAP_EACH(&set->subscriptions, entry) {
        const struct stored_subscription *stored = entry->value;
        if (stored->unreadable_of && strcmp(stored->unreadable_of, event->tenant_id) == 0)
            return "/data/tenant_id: the row of one of its subscriptions cannot be read";
    }
    return NULL;
}

const char *working_set_unreadable(struct working_set *set, const struct lbx_event *event) {
    switch (lbx_event_type_info(event->type)->family) {
    case LBX_FAMILY_TICKET:
        return ticket_unreadable(set, lbx_ticket_id(event->type, event->data), false);
    case LBX_FAMILY_ACCESS:
        return event->type == LBX_EVENT_ACCESS_WITHDRAWN
                   ? NULL
                   : ticket_unreadable(
                         set, ((const struct lbx_access_requested *)event->data)->ticket_id, true);
    case LBX_FAMILY_TENANT:
        return tenant_unreadable(set, event->data);
    case LBX_FAMILY_DECISION: /* come in other topics */
    case LBX_FAMILY_REQUEST:
    case LBX_FAMILY_NOTIFICATION:
    case LBX_FAMILY_QUARANTINE:
    case LBX_FAMILY_OPERATOR:
        break;
    }
    return NULL;
}

/* ---- writing ---- */

static void write_ticket(struct lbx_pg_arrays *rows, const struct lbx_ticket *ticket) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_ticket_table, ticket, &snapshot);
    LBX_PG_ADD(rows, requester_save_tickets_given, .ticket_id = ticket->ticket_id,
               .subscription_id = ticket->subscription_id, .open = ticket->open,
               .snapshot = snapshot.data);
}

static void write_subscription(struct lbx_pg_arrays *rows,
                               const struct lbx_subscription *subscription) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_subscription_table, subscription, &snapshot);
    LBX_PG_ADD(rows, requester_save_subscriptions_given,
               .subscription_id = subscription->subscription_id,
               .tenant_id = subscription->tenant_id,
               .lockbox_enabled = subscription->lockbox_enabled, .snapshot = snapshot.data);
}

/* Ends a period in which a role was held, and begins another, also where only the person's name changed. */
static void write_role(struct lbx_pg_arrays *ended, struct lbx_pg_arrays *begun,
                       const struct stored_role *role) {
    const char *name = lbx_role_names[role->role];
    if (role->changed && role->was_held)
        LBX_PG_ADD(ended, requester_end_roles_ended, .tenant_id = role->tenant_id,
                   .subscription_id = role->subscription_id, .role = name,
                   .principal_id = role->principal.id, .removed_at = role->at);
    if (role->changed && role->held)
        LBX_PG_ADD(begun, requester_begin_roles_begun, .tenant_id = role->tenant_id,
                   .subscription_id = role->subscription_id, .role = name,
                   .principal_id = role->principal.id, .email = role->principal.email,
                   .name = role->principal.name, .assigned_at = role->at);
}

static void save_states(struct working_set *set, struct lbx_unit *unit,
                        struct lbx_pg_pipeline *calls) {
    struct lbx_pg_arrays *tickets = lbx_unit_rows(unit), *subscriptions = lbx_unit_rows(unit);
    LBX_MAP_EACH(&set->tickets, entry) {
        const struct stored_ticket *stored = entry->value;
        if (stored->changed)
            write_ticket(tickets, &stored->ticket);
    }
    LBX_MAP_EACH(&set->subscriptions, entry) {
        const struct stored_subscription *stored = entry->value;
        if (stored->changed)
            write_subscription(subscriptions, stored->subscription);
    }
    LBX_PG_CALL(calls, requester_save_tickets, .given = tickets, .at = unit->clock.now);
    LBX_PG_CALL(calls, requester_save_subscriptions, .given = subscriptions, .at = unit->clock.now);
}

static void save_periods(struct working_set *set, struct lbx_unit *unit,
                         struct lbx_pg_pipeline *calls) {
    struct lbx_pg_arrays *ended = lbx_unit_rows(unit), *begun = lbx_unit_rows(unit);
    LBX_MAP_EACH(&set->roles, entry)
        write_role(ended, begun, entry->value);
    LBX_PG_CALL(calls, requester_end_roles, .ended = ended);
    LBX_PG_CALL(calls, requester_begin_roles, .begun = begun);
}

void working_set_save(struct working_set *set, struct lbx_unit *unit,
                      struct lbx_pg_pipeline *calls) {
    save_states(set, unit, calls);
    save_periods(set, unit, calls);
    keyring_save(&set->keyring, unit, calls);
    emergencies_save(&set->emergencies, unit, calls);
}
