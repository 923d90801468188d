/* The event handler: which records reach the rules, and what becomes of the others. */
#include "worker/events.h"

#include "base/clock.h"
#include "base/time.h"
#include "event/envelope.h"
#include "io/hash.h"

#include "answers.h"

#define DATA "{\"ticket_id\":\"T-1\",\"subscription_id\":\"s\",\"title\":\"t\"}"
#define EVENT(id)                                                                                  \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/desk\","                             \
    "\"type\":\"lockbox.ticket.opened.v1\",\"data\":" DATA "}"

enum { RECORDS_MAX = 4, IDENTITY = 32, LIMIT = 4096 };

/* ---- the worker's rules ---- */

static char large[1 << 20]; /* an id that long; filled by main */

static struct {
    int loads, decides, saves, commits;
    size_t decided; /* events that the rules acted on */
    size_t told;    /* events that they publish, as large as may be */
    int64_t now;
    enum lbx_err err;
} rules;

static const struct lbx_sql load_sql = {.name = "test_load"}, save_sql = {.name = "test_save"};

static void load(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    (void)batch;
    rules.loads++;
    lbx_pg_call(calls, &load_sql, NULL);
}

static enum lbx_err decide(struct lbx_batch *batch) {
    rules.decides++;
    rules.now = batch->unit.now;
    for (size_t i = 0; i < batch->count; i++)
        rules.decided += batch->inputs[i].status == LBX_INPUT_NEW;
    for (size_t i = 0; i < rules.told; i++)
        lbx_unit_publish(
            &batch->unit, LBX_EVENT_TENANT_CHANGED, "contoso", NULL,
            &(struct lbx_tenant_changed){.tenant_id = "contoso", .subscription_id = large});
    return rules.err;
}

static void save(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    (void)batch;
    rules.saves++;
    lbx_pg_call(calls, &save_sql, NULL);
}

static void committed(struct lbx_worker *worker) {
    (void)worker;
    rules.commits++;
}

static const struct lbx_events events = {
    .load = load, .decide = decide, .save = save, .committed = committed};

/* ---- a batch ---- */

static struct lbx_worker worker = {.source = "/lockbox/test",
                                   .settings = {.max_event_bytes = LIMIT,
                                                .batch_records = 500,
                                                .inbox_ttl = 3600 * LBX_SECOND_US}};

struct given {
    struct lbx_handler *handler;
    struct lbx_arena arena;
    struct lbx_pg_pipeline calls;
    struct lbx_record list[RECORDS_MAX];
    const struct lbx_record *pointers[RECORDS_MAX];
    struct lbx_records records;
};

static int begin(void **ret_state) {
    static struct given given;
    memset(&given, 0, sizeof given);
    memset(answers, 0, sizeof answers);
    memset(&rules, 0, sizeof rules);
    lbx_arena_init(&given.arena);
    given.handler = lbx_events_handler(&worker, &events);
    given.records = (struct lbx_records){
        .worker = &worker, .group = "g", .arena = &given.arena, .list = given.pointers};
    *ret_state = &given;
    return 0;
}

static int end(void **state) {
    struct given *given = *state;
    given->handler->close(given->handler);
    lbx_arena_done(&given->arena);
    return 0;
}

static void add(struct given *given, enum lbx_topic topic, const char *value) {
    size_t i = given->records.count++;
    given->list[i] = (struct lbx_record){.topic = topic,
                                         .topic_name = "t.tickets.v1",
                                         .offset = (int64_t)i,
                                         .timestamp_ms = lbx_realtime_us() / 1000,
                                         .key = topic == LBX_TOPIC_EVENTS ? "contoso" : "T-1",
                                         .key_len = topic == LBX_TOPIC_EVENTS ? 7 : 3,
                                         .value = value,
                                         .value_len = strlen(value)};
    given->pointers[i] = &given->list[i];
}

/* The index of a statement in the round trip; fails where it is not there. */
static size_t call_of(const struct given *given, const char *name) {
    for (size_t i = 0; i < given->calls.count; i++)
        if (strcmp(given->calls.list[i].sql->name, name) == 0)
            return i;
    fail_msg("no %s", name);
    return 0;
}

static bool calls(const struct given *given, const char *name) {
    bool found = false;
    for (size_t i = 0; i < given->calls.count; i++)
        found |= strcmp(given->calls.list[i].sql->name, name) == 0;
    return found;
}

/* What the inbox holds: a record's event; entered by this batch, or before it. */
static void holds(struct given *given, size_t record, const char *id, bool before) {
    unsigned char *identity = lbx_arena_alloc(&given->arena, IDENTITY);
    struct lbx_buf bytes LBX_BUF = {0};
    lbx_event_identity(&given->list[record], &bytes);
    lbx_sha256(bytes.data, bytes.len, identity);
    const char *topic = given->list[record].topic_name;
    ANSWER(call_of(given, "store_received"), topic, "/desk", id, (const char *)identity);
    answers[call_of(given, "store_received")].bytes = IDENTITY;
    if (!before)
        ANSWER(call_of(given, "store_receive"), topic, "/desk", id, "f");
}

static int64_t database_us; /* its clock, as it was last read */

/* Its clock is that far ahead of this machine's. */
static void read_batch_at(struct given *given, int64_t ahead_us, int64_t mark_ahead_us) {
    char now[LBX_TIME_SIZE], mark[LBX_TIME_SIZE];
    given->handler->batch.read(given->handler, &given->records, &given->calls);
    database_us = lbx_realtime_us() + ahead_us;
    lbx_time_format(database_us, now);
    lbx_time_format(lbx_realtime_us() + mark_ahead_us, mark);
    ANSWER(call_of(given, "store_clock"), lbx_arena_strdup(&given->arena, now),
           lbx_arena_strdup(&given->arena, mark));
}

static void read_batch(struct given *given) {
    read_batch_at(given, 0, 0);
}

static enum lbx_err write_and_end(struct given *given) {
    memset(&given->calls, 0, sizeof given->calls);
    enum lbx_err err = given->handler->batch.write(given->handler, &given->records, &given->calls);
    given->handler->batch.end(given->handler, &given->records, err);
    return err;
}

/* ---- the tests ---- */

static void a_new_event_reaches_the_rules(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    read_batch(given);
    assert_int_equal(rules.loads, 1);
    /* The clock is read behind the locks. */
    assert_true(call_of(given, "store_clock") > call_of(given, "test_load"));
    holds(given, 0, "e-1", false);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_int_equal(rules.decided, 1);
    assert_int_equal(rules.now, database_us);
    assert_false(calls(given, "store_raise_mark")); /* it is there */
    assert_int_equal(rules.saves, 1);
    assert_int_equal(rules.commits, 1);
}

static void what_came_before_does_not(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    add(given, LBX_TOPIC_TICKETS, EVENT("e-2"));
    add(given, LBX_TOPIC_TICKETS, EVENT("e-2"));
    read_batch(given);
    holds(given, 0, "e-1", true);
    holds(given, 1, "e-2", false);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_int_equal(rules.decided, 1);
    assert_false(calls(given, "store_quarantine"));
}

/* The inbox has forgotten what was so long ago; what it has is a duplicate as ever. */
static void what_is_too_old_goes_to_quarantine(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    add(given, LBX_TOPIC_TICKETS, EVENT("e-2"));
    add(given, LBX_TOPIC_TICKETS, EVENT("e-3"));
    given->list[0].timestamp_ms -= 3601 * 1000;
    given->list[1].timestamp_ms -= 3590 * 1000;
    given->list[2].timestamp_ms = INT64_MIN;
    read_batch(given);
    holds(given, 0, "e-1", false);
    holds(given, 1, "e-2", false);
    holds(given, 2, "e-3", true);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_int_equal(rules.decided, 1);
    assert_true(calls(given, "store_quarantine"));
    assert_true(calls(given, "store_judged"));
}

static void what_cannot_be_read_goes_to_quarantine(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS, "hello");
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    read_batch(given);
    holds(given, 1, "e-1", false);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_int_equal(rules.decided, 1);
    assert_true(calls(given, "store_quarantine"));
}

static void what_the_database_refuses_goes_to_quarantine(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    given->records.refused = true;
    read_batch(given);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_int_equal(rules.decided, 0);
    assert_true(calls(given, "store_quarantine"));
}

#define CHANGED                                                                                    \
    "{\"specversion\":\"1.0\",\"id\":\"e-2\",\"source\":\"/desk\",\"subject\":\"contoso\","        \
    "\"type\":\"lockbox.tenant.changed.v1\",\"time\":\"2026-11-23T16:08:38Z\",\"data\":"           \
    "{\"tenant_id\":\"contoso\",\"change\":\"subscription_added\",\"at\":\"2026-11-23T16:08:38Z\"}}"

/* An event of ours repeats the request, and may be longer than what caused it. */
static void only_what_others_write_is_limited(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS,
        lbx_arena_printf(&given->arena, "%*s%s", LIMIT, "", EVENT("e-1")));
    add(given, LBX_TOPIC_EVENTS, lbx_arena_printf(&given->arena, "%*s%s", LIMIT, "", CHANGED));
    read_batch(given);
    holds(given, 1, "e-2", false);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_int_equal(rules.decided, 1);
    assert_true(calls(given, "store_quarantine"));
}

/* Fewer come again; a record alone is written, whatever it leads to. */
static void what_leads_to_too_much_is_not_written(void **state) {
    struct given *given = *state;
    rules.told = 20;
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    add(given, LBX_TOPIC_TICKETS, EVENT("e-2"));
    read_batch(given);
    holds(given, 0, "e-1", false);
    holds(given, 1, "e-2", false);
    assert_int_equal(write_and_end(given), LBX_ERR_LIMIT);
    assert_false(calls(given, "store_outbox"));
    given->records.count = 1;
    memset(&given->calls, 0, sizeof given->calls);
    read_batch(given);
    holds(given, 0, "e-1", false);
    assert_int_equal(write_and_end(given), LBX_OK);
    assert_true(calls(given, "store_outbox"));
}

/* Far from this machine's clock, or behind the mark, nothing is decided; otherwise the mark is raised. */
static void a_clock_that_is_off_decides_nothing(void **state) {
    struct given *given = *state;
    static const struct {
        int64_t ahead_s, mark_ahead_s;
        enum lbx_err err;
        bool raised;
    } rows[] = {
        {31, 0, LBX_ERR_UNAVAILABLE, false},
        {-31, -31, LBX_ERR_UNAVAILABLE, false},
        {0, 31, LBX_ERR_UNAVAILABLE, false},
        {29, 0, LBX_OK, true},
        {-29, -31, LBX_OK, true},
        {0, 29, LBX_OK, false},
    };
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(answers, 0, sizeof answers);
        memset(&given->calls, 0, sizeof given->calls);
        rules.decides = 0;
        read_batch_at(given, rows[i].ahead_s * LBX_SECOND_US, rows[i].mark_ahead_s * LBX_SECOND_US);
        holds(given, 0, "e-1", false);
        assert_int_equal(write_and_end(given), rows[i].err);
        assert_int_equal(rules.decides, rows[i].err == LBX_OK);
        assert_int_equal(calls(given, "store_raise_mark"), rows[i].raised);
        assert_int_equal(lbx_clock_trouble() != NULL, rows[i].err != LBX_OK);
    }
}

static void rules_that_fail_commit_nothing(void **state) {
    struct given *given = *state;
    add(given, LBX_TOPIC_TICKETS, EVENT("e-1"));
    read_batch(given);
    holds(given, 0, "e-1", false);
    rules.err = LBX_ERR_INTERNAL;
    assert_int_equal(write_and_end(given), LBX_ERR_INTERNAL);
    assert_int_equal(rules.saves, 0);
    assert_int_equal(rules.commits, 0);
}

int main(void) {
    memset(large, 'x', sizeof large - 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_event_reaches_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(what_came_before_does_not, begin, end),
        cmocka_unit_test_setup_teardown(what_is_too_old_goes_to_quarantine, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_goes_to_quarantine, begin, end),
        cmocka_unit_test_setup_teardown(what_the_database_refuses_goes_to_quarantine, begin, end),
        cmocka_unit_test_setup_teardown(only_what_others_write_is_limited, begin, end),
        cmocka_unit_test_setup_teardown(what_leads_to_too_much_is_not_written, begin, end),
        cmocka_unit_test_setup_teardown(a_clock_that_is_off_decides_nothing, begin, end),
        cmocka_unit_test_setup_teardown(rules_that_fail_commit_nothing, begin, end),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
