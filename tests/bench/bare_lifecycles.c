/* A baseline for ./dev bench road: whole lifecycles without Kafka. Events go through the requester's and
 * the decider's transactions, and rows are taken and marked as by the relay, but records come from
 * memory, and nothing is sent. One session, one step after the other. Prints lifecycles per second.
 *
 * bare_lifecycles NAME COUNT, with LOCKBOX_DATABASE_URL: NAME makes the ids of several runs differ. */
#include "../../services/decider/decider.h"
#include "../../services/requester/requester.h"
#include "base/clock.h"
#include "sql_bench.h"
#include "sql_decider.h"
#include "sql_relay.h"
#include "sql_requester.h"
#include "store/leases.h"
#include "worker/events.h"
#include "worker/transact.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKETS = 166, RECORDS = 3 * TICKETS, ROUND = 500 };

#define ENVELOPE                                                                                   \
    "{\"specversion\":\"1.0\",\"id\":\"%s-%zu\",\"source\":\"/bare\",\"type\":\"lockbox.%s.v1\","  \
    "\"datacontenttype\":\"application/json\",\"data\":"
#define CLUSTER                                                                                    \
    "/subscriptions/%s/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/openShiftClusters/aro"

static void check(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bare_lifecycles: %s\n", what);
    exit(1);
}

/* Checks that no event is a duplicate or rejected. */
static void check_all(const struct lbx_batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        check(batch->inputs[i].status == LBX_INPUT_NEW, batch->inputs[i].reason.text);
}

static void save_requests(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    check_all(batch);
    requester_events.save(batch, calls);
}

static void save_nothing(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    (void)calls;
    check_all(batch);
}

/* The workers' own functions, with check_all before save. */
static struct lbx_events requester, decider;

static void name_events(void) {
    requester = requester_events;
    requester.save = save_requests;
    decider = decider_events;
    decider.save = save_nothing;
}

static struct lbx_worker worker = {.name = "bare", .source = "/lockbox/bare"};
static struct lbx_arena batch_arena;
static struct lbx_pg_pipeline calls;
static struct lbx_leases leases;
static const char *name;
static size_t event_count;

/* ---- records in memory ---- */

/* The records of one topic: a partition of its own, and the batch that is being made. */
struct source {
    struct lbx_handler *handler;
    const char *group;
    enum lbx_topic topic;
    struct lbx_claim claim;
    struct lbx_arena texts;
    struct lbx_record records[RECORDS];
    size_t count;
};

static void open_source(struct source *s, const struct lbx_events *events, enum lbx_topic topic,
                        const char *group) {
    char place[128];
    snprintf(place, sizeof place, "bare.%s.%d", name, topic);
    *s = (struct source){
        .handler = lbx_events_handler(&worker, events), .group = group, .topic = topic};
    s->claim = (struct lbx_claim){.topic = strdup(place)};
    lbx_arena_init(&s->texts);
    check(lbx_offsets_take(worker.pg, group, "bench", &s->claim, 1) == LBX_OK, "take");
}

__attribute__((format(printf, 4, 5))) static void add(struct source *s, const char *key,
                                                      const char *type, const char *format, ...) {
    struct lbx_buf value LBX_BUF = {0};
    char data[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(data, sizeof data, format, args);
    va_end(args);
    lbx_buf_printf(&value, ENVELOPE "%s}", name, ++event_count, type, data);
    check(s->count < RECORDS, "batch full");
    s->records[s->count] = (struct lbx_record){
        .topic = s->topic,
        .topic_name = s->claim.topic,
        .offset = s->claim.next_offset + (int64_t)s->count,
        .timestamp_ms = lbx_realtime_us() / 1000,
        .key = lbx_arena_strdup(&s->texts, key),
        .key_len = strlen(key),
        .value = lbx_arena_memdup(&s->texts, value.data, value.len),
        .value_len = value.len,
    };
    s->count++;
}

static void handle(struct source *s) {
    lbx_arena_reset(&batch_arena);
    const struct lbx_record **list =
        LBX_ARENA_ARRAY(&batch_arena, const struct lbx_record *, s->count);
    for (size_t i = 0; i < s->count; i++)
        list[i] = &s->records[i];
    s->claim.batch_end = s->claim.next_offset + (int64_t)s->count;
    const struct lbx_records records = {
        .worker = &worker,
        .group = s->group,
        .arena = &batch_arena,
        .list = list,
        .count = s->count,
        .claims = &s->claim,
        .claim_count = 1,
    };
    check(lbx_transact_batch(s->handler, &records, &calls) == LBX_OK, "transaction");
    lbx_pg_release(worker.pg);
    s->claim.next_offset = s->claim.batch_end;
    s->count = 0;
    lbx_arena_reset(&s->texts);
}

/* ---- the relay, as far as the database goes ---- */

static void publish(void) {
    struct lbx_pg_arrays marks = {0}, shards LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    int64_t seen = 0;
    size_t count = ROUND;
    bool lost;
    check(lbx_leases_keep(&leases, worker.pg, NULL, NULL, &lost) == LBX_OK, "leases");
    for (int i = 0; i < LBX_LEASE_PARTS_MAX; i++)
        lbx_pg_array_int(&shards, i);
    while (count > 0) {
        calls = (struct lbx_pg_pipeline){0};
        if (lbx_pg_arrays_count(&marks))
            LBX_PG_CALL(&calls, relay_mark_outbox, .seqs = &marks, .holder = leases.holder);
        size_t take =
            LBX_PG_CALL(&calls, relay_take_fresh, .parts = &shards, .after = seen, .most = ROUND,

                        .most_bytes = INT64_MAX, .holder = leases.holder);
        check(lbx_pg_run(worker.pg, &calls) == LBX_OK, "relay");
        lbx_pg_arrays_done(&marks);
        count = lbx_pg_row_count(worker.pg, take);
        for (size_t i = 0; i < count; i++) {
            seen = LBX_PG_READ(worker.pg, take, i, relay_take_fresh, &batch_arena).seq;
            lbx_pg_array_int(&marks, seen);
        }
    }
    lbx_pg_arrays_done(&marks);
    lbx_pg_release(worker.pg);
}

/* ---- the lifecycle ---- */

#define ANN "{\"id\":\"ann\",\"email\":\"ann@contoso.example\",\"name\":\"Ann\"}"
#define GWEN "{\"id\":\"gwen\",\"email\":\"gwen@contoso.example\",\"name\":\"Gwen\"}"
#define SCOPE "{\"tenant_id\":\"%s\",\"subscription_id\":\"%s\""

static void found(struct source *tenants) {
    add(tenants, name, "tenant.subscription_added", SCOPE "}", name, name);
    add(tenants, name, "tenant.role_assigned",
        "{\"tenant_id\":\"%s\",\"role\":\"global_administrator\",\"principal\":" GWEN "}", name);
    add(tenants, name, "tenant.role_assigned", SCOPE ",\"role\":\"owner\",\"principal\":" ANN "}",
        name, name);
    add(tenants, name, "tenant.lockbox_enabled", SCOPE ",\"by\":" GWEN "}", name, name);
    handle(tenants);
}

static void ask(struct source *tickets, const char *ticket) {
    add(tickets, ticket, "ticket.opened",
        "{\"ticket_id\":\"%s\",\"subscription_id\":\"%s\",\"title\":\"Bench\"}", ticket, name);
    add(tickets, ticket, "ticket.assigned",
        "{\"ticket_id\":\"%s\",\"engineer\":{\"id\":\"eng-%s\",\"email\":\"e@redhat.example\","
        "\"name\":\"Eve\",\"organization\":\"redhat\"}}",
        ticket, ticket);
    add(tickets, ticket, "access.requested",
        "{\"ticket_id\":\"%s\",\"engineer_id\":\"eng-%s\",\"justification\":\"Bench\","
        "\"resource_id\":\"" CLUSTER "\",\"actions\":[{\"action\":\"get_pod_logs\","
        "\"namespace\":\"openshift-ingress\"}]}",
        ticket, ticket, name);
}

static void approve_all(struct source *decisions, struct lbx_pg_arrays *tickets) {
    calls = (struct lbx_pg_pipeline){0};
    size_t call = LBX_PG_CALL(&calls, bench_pending, .ticket_ids = tickets);
    check(lbx_pg_run(worker.pg, &calls) == LBX_OK, "pending");
    for (size_t i = 0; i < lbx_pg_row_count(worker.pg, call); i++) {
        const char *id = LBX_PG_READ(worker.pg, call, i, bench_pending, NULL).request_id;
        add(decisions, id, "decision.submitted",
            "{\"request_id\":\"%s\",\"decision\":\"approve\",\"by\":" ANN "}", id);
    }
    handle(decisions);
}

static void live(struct source *tickets, struct source *decisions, size_t first, size_t count) {
    struct lbx_pg_arrays names LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    char ticket[128];
    for (size_t i = first; i < first + count; i++) {
        snprintf(ticket, sizeof ticket, "%s-T%zu", name, i);
        lbx_pg_array_text(&names, ticket);
        ask(tickets, ticket);
    }
    handle(tickets);
    publish();
    approve_all(decisions, &names);
    publish();
    for (size_t i = first; i < first + count; i++) {
        snprintf(ticket, sizeof ticket, "%s-T%zu", name, i);
        add(tickets, ticket, "ticket.closed", "{\"ticket_id\":\"%s\"}", ticket);
    }
    handle(tickets);
    publish();
}

int main(int argc, char **argv) {
    name_events();
    const struct lbx_sql *const *const statements[] = {
        lbx_offsets_statements, lbx_store_statements, sql_requester_all, sql_decider_all,
        lbx_leases_statements,  sql_relay_all,        sql_bench_all,     NULL};
    static struct source tenants, tickets, decisions;
    char *why = NULL;
    check(argc == 3, "usage: bare_lifecycles NAME COUNT");
    name = argv[1];
    size_t count = strtoul(argv[2], NULL, 10);
    lbx_log_init("bare", LBX_LOG_ERROR);
    check(lbx_settings_load(&worker.settings, &why) == LBX_OK, "settings");
    const struct lbx_pg_options options = {
        .url = worker.settings.database_url, .application = "bare", .search_path = "lockbox"};
    check(lbx_pg_open(&options, statements, &worker.pg) == LBX_OK, "database");
    lbx_arena_init(&batch_arena);
    lbx_leases_init(&leases, "relay");
    open_source(&tenants, &requester, LBX_TOPIC_TENANTS, "bare.requester");
    open_source(&tickets, &requester, LBX_TOPIC_TICKETS, "bare.requester");
    open_source(&decisions, &decider, LBX_TOPIC_DECISIONS, "bare.decider");
    found(&tenants);
    int64_t began = lbx_monotonic_us();
    for (size_t done = 0; done < count; done += TICKETS)
        live(&tickets, &decisions, done, count - done < TICKETS ? count - done : TICKETS);
    printf("%.0f\n", (double)count * 1e6 / (double)(lbx_monotonic_us() - began));
    return 0;
}
