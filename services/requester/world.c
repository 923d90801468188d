#include "world.h"

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"
#include "core/ticket.h"
#include "sql_requester.h"

#include <string.h>

/* ---- loading ---- */

/* What the events of a batch name: one column each. */
struct names {
    struct lbx_rows *tickets, *subscriptions, *tenants, *live_tickets, *requests;
};

/* ASCII lower case: what subscription ids are known by. NULL stays NULL. */
static const char *lower(struct lbx_arena *arena, const char *id) {
    return lbx_lower_all(lbx_arena_strdup(arena, id));
}

static void name(struct lbx_rows *rows, const char *id) {
    if (id)
        lbx_rows_text(rows, id);
}

static void name_request(struct names *names, const char *id) {
    if (id && lbx_uuid_valid(id))
        lbx_rows_text(names->requests, id);
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
        name_request(names, wish->extends);
        break;
    case LBX_ACCESS_EVENT_WITHDRAWN:
        name_request(names, ((const struct lbx_access_withdrawn *)event->data)->request_id);
        break;
    case LBX_ACCESS_EVENT_PERFORMED: /* of another topic */
        break;
    }
}

static void collect_tenant(struct names *names, const struct lbx_tenant_event *tenant,
                           struct lbx_arena *arena) {
    name(names->tenants, tenant->tenant_id);
    name(names->subscriptions, lower(arena, tenant->subscription_id));
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
        collect_tenant(names, event->data, arena);
        break;
    case LBX_FAMILY_DECISION: /* of other topics */
    case LBX_FAMILY_REQUEST:
    case LBX_FAMILY_NOTIFICATION:
    case LBX_FAMILY_QUARANTINE:
        break;
    }
}

struct world *world_load(struct lbx_batch *batch, struct lbx_calls *calls) {
    struct world *world = LBX_ARENA_NEW(batch->arena, struct world);
    struct lbx_unit *unit = &batch->unit;
    struct names names = {lbx_unit_rows(unit, 1), lbx_unit_rows(unit, 1), lbx_unit_rows(unit, 1),
                          lbx_unit_rows(unit, 1), lbx_unit_rows(unit, 1)};
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW)
            collect(&names, &batch->inputs[i].event, batch->arena);
    const char *tickets = lbx_rows_array(names.tickets, 0);
    const char *subscriptions = lbx_rows_array(names.subscriptions, 0);

    world->arena = batch->arena;
    world->last_role = &world->all_roles;
    lbx_map_init(&world->tickets, batch->arena);
    lbx_map_init(&world->subscriptions, batch->arena);
    lbx_map_init(&world->roles, batch->arena);
    lbx_map_init(&world->requests, batch->arena);
    lbx_map_init(&world->keys, batch->arena);
    /* Every worker locks in this order: tickets, subscriptions, requests; by id within each. */
    world->tickets_call = LBX_CALL(calls, &sql_requester_load_tickets, tickets);
    world->subscriptions_call =
        LBX_CALL(calls, &sql_requester_load_subscriptions, subscriptions, tickets);
    world->roles_call = LBX_CALL(calls, &sql_requester_load_roles, subscriptions, tickets,
                                 lbx_rows_array(names.tenants, 0));
    world->requests_call = lbx_requests_load(lbx_rows_array(names.requests, 0),
                                             lbx_rows_array(names.live_tickets, 0), calls);
    return world;
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

static struct kept_ticket *ticket_add(struct world *world, const struct lbx_ticket *ticket) {
    struct kept_ticket *kept = LBX_ARENA_NEW(world->arena, struct kept_ticket);
    kept->ticket = *ticket;
    kept->next = world->all_tickets;
    world->all_tickets = kept;
    lbx_map_set(&world->tickets, kept->ticket.ticket_id, kept);
    return kept;
}

struct kept_subscription *world_subscription_add(struct world *world,
                                                 const struct lbx_subscription *subscription) {
    struct kept_subscription *kept = LBX_ARENA_NEW(world->arena, struct kept_subscription);
    kept->subscription = *subscription;
    kept->next = world->all_subscriptions;
    world->all_subscriptions = kept;
    lbx_map_set(&world->subscriptions, lower(world->arena, kept->subscription.subscription_id),
                kept);
    return kept;
}

static const char *role_key(struct lbx_arena *arena, const char *tenant_id,
                            const char *subscription_id, int role, const char *principal_id) {
    return LBX_MAP_KEY(arena, tenant_id, subscription_id, lbx_role_names[role], principal_id);
}

static void role_add(struct world *world, struct kept_role *role) {
    *world->last_role = role;
    world->last_role = &role->next;
    lbx_map_set(&world->roles,
                role_key(world->arena, role->tenant_id, role->subscription_id, role->role,
                         role->principal.id),
                role);
}

static void read_role(struct world *world, const struct lbx_pg *pg, size_t row) {
    size_t call = world->roles_call;
    struct lbx_arena *arena = world->arena;
    struct kept_role *role = LBX_ARENA_NEW(arena, struct kept_role);
    *role = (struct kept_role){
        .tenant_id = lbx_arena_strdup(arena, lbx_pg_cell(pg, call, row, 0)),
        .subscription_id = lbx_arena_strdup(arena, lbx_pg_cell(pg, call, row, 1)),
        .role = lbx_name_index(lbx_role_names, lbx_pg_cell(pg, call, row, 2)),
        .principal = {lbx_arena_strdup(arena, lbx_pg_cell(pg, call, row, 3)),
                      lbx_arena_strdup(arena, lbx_pg_cell(pg, call, row, 4)),
                      lbx_arena_strdup(arena, lbx_pg_cell(pg, call, row, 5))},
        .was_held = true,
        .held = true,
    };
    role_add(world, role);
}

enum lbx_err world_read(struct world *world, const struct lbx_pg *pg) {
    enum lbx_err err = LBX_OK;
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, world->tickets_call); i++) {
        struct lbx_ticket ticket = {0};
        err = read_snapshot(&lbx_ticket_table, lbx_pg_cell(pg, world->tickets_call, i, 0),
                            world->arena, &ticket);
        if (err == LBX_OK)
            ticket_add(world, &ticket);
    }
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, world->subscriptions_call); i++) {
        struct lbx_subscription subscription = {0};
        err =
            read_snapshot(&lbx_subscription_table, lbx_pg_cell(pg, world->subscriptions_call, i, 0),
                          world->arena, &subscription);
        if (err == LBX_OK)
            world_subscription_add(world, &subscription);
    }
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, world->roles_call); i++)
        read_role(world, pg, i);
    if (err == LBX_OK)
        err = lbx_requests_read(pg, world->requests_call, world->arena, &world->requests);
    for (size_t i = 0; err == LBX_OK && i < lbx_pg_row_count(pg, world->requests_call); i++)
        world_request_add(
            world, lbx_map_get(&world->requests, lbx_pg_cell(pg, world->requests_call, i, 0)));
    return err;
}

/* ---- looking up and changing ---- */

struct kept_ticket *world_ticket(struct world *world, const char *ticket_id) {
    struct kept_ticket *kept = lbx_map_get(&world->tickets, ticket_id);
    return kept ? kept : ticket_add(world, &(struct lbx_ticket){.ticket_id = ticket_id});
}

struct kept_subscription *world_subscription(struct world *world, const char *subscription_id) {
    return subscription_id
               ? lbx_map_get(&world->subscriptions, lower(world->arena, subscription_id))
               : NULL;
}

static bool same_person(const struct lbx_principal *a, const struct lbx_principal *b) {
    return strcmp(a->email, b->email) == 0 && strcmp(a->name, b->name) == 0;
}

void world_role_set(struct world *world, const struct lbx_tenant_event *event, bool held) {
    const char *scope = event->role == LBX_ROLE_GLOBAL_ADMINISTRATOR
                            ? ""
                            : lower(world->arena, event->subscription_id);
    struct kept_role *role =
        lbx_map_get(&world->roles, role_key(world->arena, event->tenant_id, scope, event->role,
                                            event->principal.id));
    if (!role) {
        role = LBX_ARENA_NEW(world->arena, struct kept_role);
        *role = (struct kept_role){.tenant_id = event->tenant_id,
                                   .subscription_id = scope,
                                   .role = event->role,
                                   .principal = event->principal};
        role_add(world, role);
    }
    role->changed |=
        held != role->held || (held && !same_person(&role->principal, &event->principal));
    if (held)
        role->principal = event->principal;
    role->held = held;
}

void world_key_set(struct world *world, const struct lbx_tenant_event *event) {
    const char *at = LBX_MAP_KEY(world->arena, event->tenant_id, event->principal_id);
    struct kept_key *key = lbx_map_get(&world->keys, at);
    if (!key) {
        key = LBX_ARENA_NEW(world->arena, struct kept_key);
        *key = (struct kept_key){.tenant_id = event->tenant_id,
                                 .principal_id = event->principal_id,
                                 .next = world->all_keys};
        world->all_keys = key;
        lbx_map_set(&world->keys, at, key);
    }
    key->key = event->public_key;
}

bool world_is_administrator(const struct world *world, const char *tenant_id,
                            const struct lbx_principal *who) {
    const struct kept_role *role =
        lbx_map_get(&world->roles,
                    role_key(world->arena, tenant_id, "", LBX_ROLE_GLOBAL_ADMINISTRATOR, who->id));
    return role && role->held;
}

struct lbx_approver *world_approvers(const struct world *world,
                                     const struct lbx_subscription *subscription,
                                     size_t *ret_count) {
    struct lbx_map seen;
    size_t count = 0, most = 0;
    const char *scope = lower(world->arena, subscription->subscription_id);
    lbx_map_init(&seen, world->arena);
    for (const struct kept_role *role = world->all_roles; role; role = role->next)
        most++;
    struct lbx_approver *approvers = LBX_ARENA_ARRAY(world->arena, struct lbx_approver, most);
    for (struct kept_role *role = world->all_roles; role; role = role->next) {
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

void world_request_add(struct world *world, struct lbx_stored_request *kept) {
    struct live_request *live = LBX_ARENA_NEW(world->arena, struct live_request);
    *live = (struct live_request){kept, world->live};
    world->live = live;
    lbx_map_set(&world->requests, kept->request.request_id, kept);
}

/* ---- writing ---- */

static void write_ticket(struct lbx_rows *rows, const struct lbx_ticket *ticket) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_ticket_table, ticket, &snapshot);
    lbx_rows_text(rows, ticket->ticket_id);
    lbx_rows_text(rows, ticket->subscription_id);
    lbx_rows_text(rows, ticket->open ? "t" : "f");
    lbx_rows_text(rows, snapshot.data);
}

static void write_subscription(struct lbx_rows *rows, const struct lbx_subscription *subscription) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_subscription_table, subscription, &snapshot);
    lbx_rows_text(rows, subscription->subscription_id);
    lbx_rows_text(rows, subscription->tenant_id);
    lbx_rows_text(rows, subscription->lockbox_enabled ? "t" : "f");
    lbx_rows_text(rows, snapshot.data);
}

static void write_role(struct lbx_rows *rows, const struct kept_role *role) {
    lbx_rows_text(rows, role->tenant_id);
    lbx_rows_text(rows, role->subscription_id);
    lbx_rows_text(rows, lbx_role_names[role->role]);
    lbx_rows_text(rows, role->principal.id);
}

static void write_key(struct lbx_rows *ended, struct lbx_rows *begun, const struct kept_key *key) {
    unsigned char bytes[LBX_ED25519_KEY_SIZE];
    lbx_rows_text(ended, key->tenant_id);
    lbx_rows_text(ended, key->principal_id);
    if (!key->key.kty || !lbx_tenant_key(&key->key, bytes))
        return;
    lbx_rows_text(begun, key->tenant_id);
    lbx_rows_text(begun, key->principal_id);
    lbx_rows_bytes(begun, bytes, sizeof bytes);
}

void world_save(struct world *world, struct lbx_unit *unit, struct lbx_calls *calls) {
    struct lbx_rows *tickets = lbx_unit_rows(unit, 4);
    struct lbx_rows *subscriptions = lbx_unit_rows(unit, 4);
    struct lbx_rows *ended = lbx_unit_rows(unit, 4);
    struct lbx_rows *begun = lbx_unit_rows(unit, 6);
    struct lbx_rows *ended_keys = lbx_unit_rows(unit, 2);
    struct lbx_rows *keys = lbx_unit_rows(unit, 3);
    char *now = lbx_arena_alloc(world->arena, LBX_TIME_SIZE);
    lbx_time_format(unit->now, now);
    for (const struct kept_ticket *t = world->all_tickets; t; t = t->next)
        if (t->dirty)
            write_ticket(tickets, &t->ticket);
    for (const struct kept_subscription *s = world->all_subscriptions; s; s = s->next)
        if (s->dirty)
            write_subscription(subscriptions, &s->subscription);
    for (const struct kept_role *r = world->all_roles; r; r = r->next) {
        if (r->changed && r->was_held)
            write_role(ended, r);
        if (r->changed && r->held) {
            write_role(begun, r);
            lbx_rows_text(begun, r->principal.email);
            lbx_rows_text(begun, r->principal.name);
        }
    }
    for (const struct kept_key *k = world->all_keys; k; k = k->next)
        write_key(ended_keys, keys, k);
    const char *const at[] = {now};
    lbx_rows_call(tickets, calls, &sql_requester_save_tickets, 1, at);
    lbx_rows_call(subscriptions, calls, &sql_requester_save_subscriptions, 1, at);
    lbx_rows_call(ended, calls, &sql_requester_end_roles, 1, at);
    lbx_rows_call(begun, calls, &sql_requester_begin_roles, 1, at);
    lbx_rows_call(ended_keys, calls, &sql_requester_end_keys, 1, at);
    lbx_rows_call(keys, calls, &sql_requester_begin_keys, 1, at);
}
