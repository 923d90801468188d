/* The unit of work: which statements a batch ends with, and how many rows each has. */
#include "store/unit.h"

#include "answers.h"
#include "rows.h"
#include "store/quarantine.h"

#include "base/uuid.h"

#define NOW INT64_C(1795450118123456)
#define HOUR (3600 * LBX_SECOND_US)

struct work {
    struct lbx_arena arena;
    struct lbx_unit unit;
    struct lbx_pg_pipeline calls;
};

static struct work begun;

static int begin(void **ret_state) {
    begun = (struct work){0};
    memset(answers, 0, sizeof answers);
    lbx_arena_init(&begun.arena);
    lbx_unit_init(&begun.unit, &begun.arena, "/lockbox/test", "group");
    begun.unit.now = NOW;
    *ret_state = &begun;
    return 0;
}

static int end(void **state) {
    struct work *work = *state;
    lbx_unit_done(&work->unit);
    lbx_arena_done(&work->arena);
    return 0;
}

static struct lbx_item items[] = {{.number = 1, .action = "list_pods", .kept = true},
                                  {.number = 2, .action = "get_logs"}};

/* Approved for an hour, loaded as `loaded`. */
static struct lbx_stored_request *approved(struct work *work, enum lbx_request_loaded loaded) {
    struct lbx_stored_request *stored = LBX_ARENA_NEW(&work->arena, struct lbx_stored_request);
    *stored = (struct lbx_stored_request){
        .loaded = loaded,
        .request = {.request_id = "R-1",
                    .state = LBX_STATE_APPROVED,
                    .version = 2,
                    .ticket_id = "T-1",
                    .engineer = {.id = "e"},
                    .resource_id = "/r",
                    .created_at = NOW - HOUR,
                    .actions = items,
                    .action_count = 2,
                    .starts_at = NOW,
                    .expires_at = NOW + HOUR},
    };
    return stored;
}

static void step(struct work *work, struct lbx_stored_request *stored, enum lbx_event_type type) {
    const struct lbx_step step = {
        .at = work->unit.now, .event = (int)type, .previous_state = LBX_STATE_CUSTOMER_NOTIFIED};
    lbx_unit_step(&work->unit, stored, &step, NULL);
}

/* Saves, and compares the statements' names with `expected`, separated by blanks. */
static const struct lbx_call *save(struct work *work, const char *expected) {
    char names[512] = "";
    lbx_unit_save(&work->unit, &work->calls);
    for (size_t i = 0; i < work->calls.count; i++) {
        const size_t at = strlen(names);
        (void)snprintf(names + at, sizeof names - at, "%s%s", i ? " " : "",
                       work->calls.list[i].sql->name + strlen("store_"));
    }
    assert_string_equal(names, expected);
    return work->calls.list;
}

static void nothing_done_writes_nothing(void **state) {
    struct work *work = *state;
    struct lbx_stored_request *stored = approved(work, LBX_REQUEST_WHOLE);
    step(work, stored, LBX_EVENT_NONE);
    assert_false(stored->changed);
    save(work, "");
}

static void a_new_request_opens_what_it_keeps(void **state) {
    struct work *work = *state;
    struct lbx_stored_request *stored = approved(work, LBX_REQUEST_NEW);
    step(work, stored, LBX_EVENT_REQUEST_CREATED);
    assert_int_equal(strlen(stored->request.digest), 64);
    save(work, "insert_requests open_access outbox wake_relay wake_expirer");
    assert_int_equal(lbx_pg_arrays_count(&work->unit.requests.opened), 1);
    assert_int_equal(work->unit.published, 1);
}

static void steps_are_published_and_the_request_is_written_once(void **state) {
    struct work *work = *state;
    struct lbx_stored_request *stored = approved(work, LBX_REQUEST_WHOLE);
    stored->access_end = NOW + HOUR;
    step(work, stored, LBX_EVENT_REQUEST_APPROVED);
    stored->request.state = LBX_STATE_COMPLETED;
    stored->request.ended_at = NOW + HOUR;
    step(work, stored, LBX_EVENT_REQUEST_COMPLETED);
    save(work, "update_requests outbox wake_relay"); /* nothing is due any more */
    assert_int_equal(lbx_pg_arrays_count(&work->unit.requests.updated), 1);
    assert_int_equal(lbx_pg_arrays_count(work->unit.outbox), 2);
    assert_null(stored->request.digest); /* what was loaded has the digest that it was made with */
}

static void access_is_shortened_and_never_opened_again(void **state) {
    struct work *work = *state;
    struct lbx_stored_request *stored = approved(work, LBX_REQUEST_WHOLE);
    stored->access_end = NOW + HOUR;
    stored->request.state = LBX_STATE_REVOKED;
    stored->request.ended_at = NOW;
    step(work, stored, LBX_EVENT_REQUEST_REVOKED);
    save(work, "update_requests end_access outbox wake_relay");
}

/* Of a request whose second column was not read the database completes row and event. */
static void time_alone_moves_requests(void **state) {
    struct work *work = *state;
    struct lbx_stored_request *stored = approved(work, LBX_REQUEST_CLOCK);
    const struct lbx_limits limits = {0};
    work->unit.now = NOW + HOUR;
    lbx_unit_pass_time(&work->unit, stored, &limits);
    assert_int_equal(stored->request.state, LBX_STATE_COMPLETED);
    const struct lbx_call *calls = save(work, "move_requests wake_relay");
    assert_int_equal(lbx_pg_arrays_count(&work->unit.requests.heads), 1);
    assert_string_equal(calls[0].params[calls[0].param_count - 1], "}}}");
}

static void time_does_nothing_before_it_is_due(void **state) {
    struct work *work = *state;
    const struct lbx_limits limits = {0};
    lbx_unit_pass_time(&work->unit, approved(work, LBX_REQUEST_CLOCK), &limits);
    save(work, "");
}

static void a_rejected_record_is_kept_and_the_relay_woken(void **state) {
    struct work *work = *state;
    const struct lbx_record record = {.topic_name = "t", .value = "v", .value_len = 1};
    lbx_unit_quarantine(&work->unit, &record, &(struct lbx_trace){0}, "/data: missing");
    const struct lbx_call *calls = save(work, "quarantine wake_relay");
    assert_string_equal(calls[0].params[calls[0].param_count - 1], "group");
    assert_int_equal(work->unit.quarantined, 1);
}

static const char *const cause[] = {"desk", "e-1", NULL}, *const other[] = {"deske", "-1", NULL};

/* As a first reader makes them, a second one does. */
static void ids_are_their_causes(void **state) {
    struct work *work = *state;
    const char *ids[100];
    lbx_unit_cause(&work->unit, NOW, cause);
    for (size_t i = 0; i < COUNT(ids) - 1; i++)
        ids[i] = lbx_unit_uuid(&work->unit);
    lbx_unit_cause(&work->unit, NOW, other);
    ids[COUNT(ids) - 1] = lbx_unit_uuid(&work->unit);
    lbx_unit_cause(&work->unit, NOW, cause);
    for (size_t i = 0; i < COUNT(ids); i++) {
        if (i < COUNT(ids) - 1)
            assert_string_equal(ids[i], lbx_unit_uuid(&work->unit));
        assert_true(lbx_uuid_valid(ids[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

/* A record's time is what it causes has, unless it is later than the clock, or there is none. */
static void what_a_record_causes_has_its_time(void **state) {
    struct work *work = *state;
    static const struct {
        int64_t kafka_ms, now;
    } rows[] = {{NOW / 1000 - 1, (NOW / 1000 - 1) * 1000},
                {NOW / 1000, NOW / 1000 * 1000},
                {NOW / 1000 + 1, NOW},
                {0, NOW},
                {-1, NOW},
                {INT64_MAX, NOW},
                {1, 1000}};
    work->unit.clock.now = NOW;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_record record = {.topic = LBX_TOPIC_TICKETS,
                                          .topic_name = "t.tickets.v1",
                                          .timestamp_ms = rows[i].kafka_ms};
        const struct lbx_input_event input = {.record = &record,
                                              .event = {.source = "/desk", .id = "e-1"}};
        lbx_unit_begin(&work->unit, &input);
        assert_int_equal(work->unit.now, rows[i].now);
    }
}

/* ---- loading ---- */

static void a_loaded_request_knows_until_when_it_opened_access(void **state) {
    struct work *work = *state;
    struct lbx_map requests;
    struct lbx_buf text LBX_BUF = {0};
    struct lbx_request request = approved(work, LBX_REQUEST_NEW)->request;
    lbx_map_init(&requests, &work->arena);
    lbx_json_write(&lbx_request_table, &request, &text);
    ANSWER(3, "R-1", text.data);
    assert_int_equal(lbx_requests_read(NULL, 3, &work->arena, &requests, NULL), 0);
    struct lbx_stored_request *stored = lbx_map_get(&requests, "R-1");
    assert_int_equal(stored->loaded, LBX_REQUEST_WHOLE);
    assert_int_equal(stored->access_end, NOW + HOUR);
    step(work, stored, LBX_EVENT_REQUEST_APPROVED);
    save(work, "update_requests outbox wake_relay wake_expirer");
}

static void a_row_that_is_no_request_is_left_out(void **state) {
    struct work *work = *state;
    struct lbx_map requests, unreadable;
    struct lbx_stored_request stored;
    lbx_map_init(&requests, &work->arena);
    lbx_map_init(&unreadable, &work->arena);
    ANSWER(0, "R-1", "{}");
    assert_int_equal(lbx_requests_read(NULL, 0, &work->arena, &requests, &unreadable), 1);
    assert_null(lbx_map_get(&requests, "R-1"));
    assert_non_null(lbx_map_get(&unreadable, "R-1"));
    assert_int_equal(lbx_request_read_clock("R-1", "{}", &work->arena, &stored), LBX_ERR_INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* A record longer than the quarantine keeps: the first of it, and what it was. */
static void a_long_record_is_cut(void **state) {
    struct work *work = *state;
    static char value[LBX_QUARANTINE_BYTES + 1], long_header[LBX_QUARANTINE_BYTES];
    const struct lbx_header headers[] = {{"short", "1", 1},
                                         {"long", long_header, sizeof long_header}};
    struct lbx_record record = {.topic_name = "tickets",
                                .key = "k",
                                .key_len = 1,
                                .value = value,
                                .value_len = LBX_QUARANTINE_BYTES,
                                .offset = 7};
    uint32_t len;
    lbx_unit_quarantine(&work->unit, &record, &(struct lbx_trace){0}, "value: too long");
    assert_non_null(rows_cell(work->unit.quarantine, 0, "value", &len));
    assert_int_equal(len, LBX_QUARANTINE_BYTES);
    assert_true(row_has(work->unit.quarantine, 0, "whole_bytes", NULL));
    record.value_len = sizeof value;
    record.headers = headers;
    record.header_count = 2;
    lbx_unit_quarantine(&work->unit, &record, &(struct lbx_trace){0}, "value: too long");
    assert_non_null(rows_cell(work->unit.quarantine, 1, "value", &len));
    assert_int_equal(len, LBX_QUARANTINE_BYTES);
    assert_non_null(rows_cell(work->unit.quarantine, 1, "headers", &len));
    assert_int_equal(len, 4 + 4 + strlen("short") + 4 + 1);
    const size_t whole = 1 + 4 + 4 + strlen("short") + 4 + 1 + 4 + strlen("long") + 4 +
                         sizeof long_header + sizeof value;
    char bytes[32];
    (void)snprintf(bytes, sizeof bytes, "%zu", whole);
    assert_true(row_has(work->unit.quarantine, 1, "whole_bytes", bytes));
    struct lbx_buf leaf LBX_BUF = {0};
    unsigned char want[LBX_SHA256_SIZE];
    lbx_record_leaf(&record, &leaf);
    lbx_sha256_prefixed(0, leaf.data, leaf.len, want);
    const char *hash = rows_cell(work->unit.quarantine, 1, "whole_hash", &len);
    assert_int_equal(len, sizeof want);
    assert_memory_equal(hash, want, len);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_done_writes_nothing),
        TEST(a_new_request_opens_what_it_keeps),
        TEST(steps_are_published_and_the_request_is_written_once),
        TEST(access_is_shortened_and_never_opened_again),
        TEST(time_alone_moves_requests),
        TEST(time_does_nothing_before_it_is_due),
        TEST(a_rejected_record_is_kept_and_the_relay_woken),
        TEST(a_long_record_is_cut),
        TEST(ids_are_their_causes),
        TEST(what_a_record_causes_has_its_time),
        TEST(a_loaded_request_knows_until_when_it_opened_access),
        TEST(a_row_that_is_no_request_is_left_out),
    };
    return cmocka_run_group_tests_name("unit of work", tests, NULL, NULL);
}
