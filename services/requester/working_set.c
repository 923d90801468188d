/* Loads, finds and saves what a batch touches. Every worker locks in the same order: tickets, subscriptions, requests; by
 * id within each.
 * Promises that a row which no rule changed is not written. A row that this program did not write is LBX_ERR_INTERNAL,
 * and logged.
 */
#include "working_set.h"

#include "base/log.h"
#include "base/text.h"
#include "base/uuid.h"
#include "sql_requester.h"

#include <string.h>

/* ---- loading ---- */

/* What the events of a batch name: one column each. */
struct names {
    struct lbx_rows *tickets, *subscriptions, *tenants, *whole_tenants, *live_tickets,
        *live_subscriptions, *requests, *asking_tickets;
};

/* ASCII lower case: what subscription ids are known by. NULL stays NULL. */
static const char *lower(struct lbx_arena *arena, const char *id) {
    return lbx_lower_all(lbx_arena_strdup(arena, id));
}

static void name(struct lbx_rows *rows, const char *id) {
    if (id)
        lbx_array_text(rows, id);
}

static void name_request(struct names *names, const char *id) {
    if (id && lbx_uuid_valid(id))
        lbx_array_text(names->requests, id);
}

static void collect_ticket(struct names *names, const struct lbx_event *event,
                           struct lbx_arena *arena) {
    const char *ticket_id = lbx_ticket_id(event->type, event->data);
    name(names->tickets, ticket_id);
    switch ((enum lbx_ticket_event)event->type) {
    case LBX_TICKET_EVENT_OPENED:
        name(names->subscriptions,
             lower(arena, ((const struct lbx_ticket_opened *)event->data)->subscription_id));
        break;
    case LBX_TICKET_EVENT_ASSIGNED:
    case LBX_TICKET_EVENT_CLOSED: /* may end requests */
        name(names->live_tickets, ticket_id);
        break;
    case LBX_TICKET_EVENT_ESCALATED:
    case LBX_TICKET_EVENT_REOPENED:
        break;
    }
}

static void collect_access(struct names *names, const struct lbx_event *event) {
    const struct lbx_access_requested *wish = event->data;
    switch ((enum lbx_access_event)event->type) {
    case LBX_ACCESS_EVENT_REQUESTED:
    case LBX_ACCESS_EVENT_EMERGENCY_DECLARED:
        name(names->tickets, wish->ticket_id);
        name(names->asking_tickets, wish->ticket_id);
        name_request(names, wish->extends);
        break;
    case LBX_ACCESS_EVENT_WITHDRAWN:
        name_request(names, ((const struct lbx_access_withdrawn *)event->data)->request_id);
        break;
    case LBX_ACCESS_EVENT_PERFORMED: /* of another topic */
        break;
    }
}

static void collect_tenant(struct names *names, const struct lbx_event *event,
                           struct lbx_arena *arena) {
    const struct lbx_tenant_event *tenant = event->data;
    const char *subscription = lower(arena, tenant->subscription_id);
    name(names->tenants, tenant->tenant_id);
    name(names->subscriptions, subscription);
    if (event->type == LBX_EVENT_TENANT_APPROVER_KEY_SET || !tenant->subscription_id)
        name(names->whole_tenants, tenant->tenant_id);
    if (event->type == LBX_EVENT_TENANT_SUBSCRIPTION_REMOVED ||
        event->type == LBX_EVENT_TENANT_LOCKBOX_ENABLED) /* may end requests */
        name(names->live_subscriptions, subscription);
}

static void collect(struct names *names, const struct lbx_event *event, struct lbx_arena *arena) {
    switch (lbx_event_type_info(event->type)->family) {
    case LBX_FAMILY_TICKET:
        collect_ticket(names, event, arena);
        break;
    case LBX_FAMILY_ACCESS:
        collect_access(names, event);
        break;
    case LBX_FAMILY_TENANT:
        collect_tenant(names, event, arena);
        break;
    case LBX_FAMILY_DECISION: /* of other topics */
    case LBX_FAMILY_REQUEST:
    case LBX_FAMILY_NOTIFICATION:
    case LBX_FAMILY_QUARANTINE:
        break;
    }
}

struct working_set *working_set_load(struct lbx_batch *batch, struct lbx_calls *calls) {
    struct working_set *set = LBX_ARENA_NEW(batch->arena, struct working_set);
    struct lbx_unit *unit = &batch->unit;
    struct names names = {lbx_unit_rows(unit), lbx_unit_rows(unit), lbx_unit_rows(unit),
                          lbx_unit_rows(unit), lbx_unit_rows(unit), lbx_unit_rows(unit),
                          lbx_unit_rows(unit), lbx_unit_rows(unit)};
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            collect(&names, &batch->inputs[i].event, batch->arena);
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
    keyring_load(&set->keyring, batch->arena, names.tenants, calls);
    set->requests_call =
        lbx_requests_load(names.requests, names.live_tickets, names.live_subscriptions, calls);
    set->ticket_pending_call =
        LBX_PG_CALL(calls, requester_count_ticket_pending, .ticket_ids = names.asking_tickets);
    set->subscription_pending_call =
        LBX_PG_CALL(calls, requester_count_subscription_pending,
                    .subscription_ids = names.subscriptions, .ticket_ids = names.asking_tickets);
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
    const char *key = lower(set->arena, subscription_id ? subscription_id : "");
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

/* Found or made: not held. */
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

struct lbx_approver *working_set_approvers(const struct working_set *set,
                                           const struct lbx_subscription *subscription,
                                           size_t *ret_count) {
    struct lbx_map seen;
    size_t count = 0;
    const char *scope = lower(set->arena, subscription->subscription_id);
    struct lbx_approver *approvers =
        LBX_ARENA_ARRAY(set->arena, struct lbx_approver, set->roles.used);
    lbx_map_init(&seen, set->arena);
    LBX_MAP_EACH(&set->roles, entry) {
        struct stored_role *role = entry->value;
        if (!role->held || strcmp(role->subscription_id, scope) != 0 ||
            strcmp(role->tenant_id, subscription->tenant_id) != 0 ||
            lbx_map_get(&seen, role->principal.id))
            continue;
        lbx_map_set(&seen, role->principal.id, role);
        approvers[count++] = (struct lbx_approver){role->principal, role->role};
    }
    *ret_count = count;
    return approvers;
}

/* ---- changing ---- */

static bool same_person(const struct lbx_principal *a, const struct lbx_principal *b) {
    return strcmp(a->email, b->email) == 0 && strcmp(a->name, b->name) == 0;
}

void working_set_role(struct working_set *set, const struct lbx_tenant_event *event, bool held) {
    const bool tenant_wide = event->role == LBX_ROLE_GLOBAL_ADMINISTRATOR;
    const struct stored_role identity = {
        .tenant_id = event->tenant_id,
        .subscription_id = tenant_wide ? "" : lower(set->arena, event->subscription_id),
        .role = event->role,
        .principal = event->principal,
    };
    struct stored_role *role = find_role(set, &identity);
    role->changed |=
        held != role->held || (held && !same_person(&role->principal, &event->principal));
    if (held)
        role->principal = event->principal;
    role->held = held;
}

/* ---- reading ---- */

static enum lbx_err read_snapshot(const struct lbx_table *table, const char *text,
                                  struct lbx_arena *arena, void *ret_struct) {
    struct lbx_reason reason;
    enum lbx_err err = lbx_json_read_stored(table, text, strlen(text), arena, ret_struct, &reason);
    if (err == LBX_OK)
        return LBX_OK;
    lbx_log(LBX_LOG_ERROR, "a row cannot be read", LBX_S("table", table->name),
            LBX_S("reason", reason.text));
    return LBX_ERR_INTERNAL;
}

static enum lbx_err read_ticket(struct working_set *set, const struct lbx_pg *pg, size_t row) {
    struct lbx_ticket ticket = {0};
    const char *snapshot =
        LBX_PG_READ(pg, set->tickets_call, row, requester_load_tickets, NULL).snapshot;
    enum lbx_err err = read_snapshot(&lbx_ticket_table, snapshot, set->arena, &ticket);
    if (err == LBX_OK)
        working_set_ticket(set, ticket.ticket_id)->ticket = ticket;
    return err;
}

static enum lbx_err read_subscription(struct working_set *set, const struct lbx_pg *pg,
                                      size_t row) {
    struct lbx_subscription *subscription = LBX_ARENA_NEW(set->arena, struct lbx_subscription);
    const char *snapshot =
        LBX_PG_READ(pg, set->subscriptions_call, row, requester_load_subscriptions, NULL).snapshot;
    enum lbx_err err = read_snapshot(&lbx_subscription_table, snapshot, set->arena, subscription);
    if (err == LBX_OK)
        working_set_subscription(set, subscription->subscription_id)->subscription = subscription;
    return err;
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

enum lbx_err working_set_read(struct working_set *set, const struct lbx_pg *pg) {
    enum lbx_err err = LBX_OK;
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, set->tickets_call); i++)
        err = read_ticket(set, pg, i);
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, set->subscriptions_call); i++)
        err = read_subscription(set, pg, i);
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, set->roles_call); i++)
        read_role(set, pg, i);
    keyring_read(&set->keyring, pg);
    if (err == LBX_OK)
        set->unreadable =
            lbx_requests_read(pg, set->requests_call, set->arena, &set->requests, NULL);
    if (err == LBX_OK)
        read_pending(set, pg);
    return err;
}

/* ---- writing ---- */

static void write_ticket(struct lbx_rows *rows, const struct lbx_ticket *ticket) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_ticket_table, ticket, &snapshot);
    LBX_PG_ADD(rows, requester_save_tickets_given, .ticket_id = ticket->ticket_id,
               .subscription_id = ticket->subscription_id, .open = ticket->open,
               .snapshot = snapshot.data);
}

static void write_subscription(struct lbx_rows *rows, const struct lbx_subscription *subscription) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_subscription_table, subscription, &snapshot);
    LBX_PG_ADD(rows, requester_save_subscriptions_given,
               .subscription_id = subscription->subscription_id,
               .tenant_id = subscription->tenant_id,
               .lockbox_enabled = subscription->lockbox_enabled, .snapshot = snapshot.data);
}

/* Ends the period in which a role was held, and begins another: also where only the person's name changed. */
static void write_role(struct lbx_rows *ended, struct lbx_rows *begun,
                       const struct stored_role *role) {
    const char *name = lbx_role_names[role->role];
    if (role->changed && role->was_held)
        LBX_PG_ADD(ended, requester_end_roles_ended, .tenant_id = role->tenant_id,
                   .subscription_id = role->subscription_id, .role = name,
                   .principal_id = role->principal.id);
    if (role->changed && role->held)
        LBX_PG_ADD(begun, requester_begin_roles_begun, .tenant_id = role->tenant_id,
                   .subscription_id = role->subscription_id, .role = name,
                   .principal_id = role->principal.id, .email = role->principal.email,
                   .name = role->principal.name);
}

static void save_states(struct working_set *set, struct lbx_unit *unit, struct lbx_calls *calls) {
    struct lbx_rows *tickets = lbx_unit_rows(unit), *subscriptions = lbx_unit_rows(unit);
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
    LBX_PG_CALL(calls, requester_save_tickets, .given = tickets, .at = unit->now);
    LBX_PG_CALL(calls, requester_save_subscriptions, .given = subscriptions, .at = unit->now);
}

static void save_periods(struct working_set *set, struct lbx_unit *unit, struct lbx_calls *calls) {
    struct lbx_rows *ended = lbx_unit_rows(unit), *begun = lbx_unit_rows(unit);
    LBX_MAP_EACH(&set->roles, entry)
        write_role(ended, begun, entry->value);
    LBX_PG_CALL(calls, requester_end_roles, .ended = ended, .at = unit->now);
    LBX_PG_CALL(calls, requester_begin_roles, .begun = begun, .at = unit->now);
}

void working_set_save(struct working_set *set, struct lbx_unit *unit, struct lbx_calls *calls) {
    save_states(set, unit, calls);
    save_periods(set, unit, calls);
    keyring_save(&set->keyring, unit, calls);
}
