/* Records: topics and their names, the bytes of a leaf, headers, times. */
#include "event/record.h"

#include "base/buf.h"
#include "check.h"

static void topics_have_names_and_keys(void **state) {
    (void)state;
    assert_string_equal(lbx_topic_name(LBX_TOPIC_TICKETS), "tickets.v1");
    assert_string_equal(lbx_topic_key(LBX_TOPIC_TICKETS), "ticket_id");
    assert_string_equal(lbx_topic_name(LBX_TOPIC_CHECKPOINTS), "checkpoints.v1");
    assert_null(lbx_topic_key(LBX_TOPIC_DEADLETTER));
}

static void topics_are_found_by_name(void **state) {
    (void)state;
    static const struct {
        const char *name, *prefix;
        enum lbx_topic want;
    } rows[] = {
        {"lockbox.tickets.v1", "lockbox.", LBX_TOPIC_TICKETS},
        {"tickets.v1", "", LBX_TOPIC_TICKETS},
        {"lockbox.tickets.v1", "", LBX_TOPIC_COUNT},
        {"tickets.v1", "lockbox.", LBX_TOPIC_COUNT},
        {"lockboy.tickets.v1", "lockbox.", LBX_TOPIC_COUNT},
        {"lockbox.x.tickets.v1", "lockbox.", LBX_TOPIC_COUNT},
        {"lockbox.tickets.v2", "lockbox.", LBX_TOPIC_COUNT},
        {"lockbox.tickets.v1x", "lockbox.", LBX_TOPIC_COUNT},
        {"lockbox.", "lockbox.", LBX_TOPIC_COUNT},
        {"other.checkpoints.v1", NULL, LBX_TOPIC_CHECKPOINTS},
        {"checkpoints.v1", NULL, LBX_TOPIC_CHECKPOINTS},
        {"", NULL, LBX_TOPIC_COUNT},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (lbx_topic_of(rows[i].name, rows[i].prefix) != rows[i].want)
            fail_msg("%s under %s", rows[i].name, rows[i].prefix ? rows[i].prefix : "any");
}

/* No topic's name is the end of another's: that is how one is found under any prefix. */
static void no_name_ends_as_another(void **state) {
    (void)state;
    for (int topic = 0; topic < LBX_TOPIC_COUNT; topic++)
        assert_int_equal(lbx_topic_of(lbx_topic_name((enum lbx_topic)topic), NULL), topic);
}

static enum lbx_err read_part(const char *bytes, size_t len) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_record record;
    char *part = lbx_calloc(len + 1);
    memcpy(part, bytes, len);
    lbx_arena_init(&arena);
    enum lbx_err err = lbx_record_leaf_read(part, len, &arena, &record);
    free(part);
    return err;
}

/* By Python, from the contract's words alone:
 *
 *   def f(b): return pack('>I', 0xffffffff) if b is None else pack('>I', len(b)) + b
 *   leaf = f(topic) + pack('>iqq', partition, offset, timestamp) + f(key) + \
 *          pack('>I', len(headers)) + b''.join(f(n) + f(v) for n, v in headers) + f(value)
 */
static void leaf_bytes(void **state) {
    (void)state;
    static const struct lbx_header headers[] = {
        {"content-type", "application/cloudevents+json", 28},
        {"empty", "", 0},
        {"null", NULL, 0},
    };
    static const struct {
        const char *what;
        struct lbx_record record;
        const char *want;
    } rows[] = {
        {"all there",
         {.topic_name = "lockbox.tickets.v1",
          .partition = 3,
          .offset = 1234567890123,
          .timestamp_ms = 1795450118123,
          .key = "T-1",
          .key_len = 3,
          .value = "{\"a\":1}",
          .value_len = 7,
          .headers = headers,
          .header_count = COUNT(headers)},
         "000000126c6f636b626f782e7469636b6574732e7631000000030000011f71fb04cb000001a2092a9feb"
         "00000003542d31000000030000000c636f6e74656e742d747970650000001c6170706c69636174696f6e"
         "2f636c6f75646576656e74732b6a736f6e00000005656d70747900000000000000046e756c6cffffffff"
         "000000077b2261223a317d"},
        {"null key and value, no timestamp",
         {.topic_name = "t", .timestamp_ms = -1},
         "0000000174000000000000000000000000ffffffffffffffffffffffff00000000ffffffff"},
        {"empty key and value",
         {.topic_name = "t", .key = "", .value = ""},
         "00000001740000000000000000000000000000000000000000000000000000000000000000"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf leaf LBX_BUF = {0};
        struct lbx_buf hex LBX_BUF = {0};
        lbx_record_leaf(&rows[i].record, &leaf);
        lbx_buf_hex(&hex, leaf.data, leaf.len);
        CHECK_ROW(&bad, rows[i].what, same(hex.data, rows[i].want), "got %s", hex.data);

        struct lbx_buf encoded LBX_BUF = {0}, same_leaf LBX_BUF = {0};
        lbx_record_headers_encode(rows[i].record.headers, rows[i].record.header_count, &encoded);
        lbx_record_leaf_encoded(&rows[i].record, encoded.data, encoded.len, &same_leaf);
        CHECK_ROW(&bad, rows[i].what,
                  same_leaf.len == leaf.len && memcmp(same_leaf.data, leaf.data, leaf.len) == 0,
                  "another leaf with headers that are encoded");

        struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
        struct lbx_buf read_again LBX_BUF = {0};
        struct lbx_record back;
        lbx_arena_init(&arena);
        assert_int_equal(lbx_record_leaf_read(leaf.data, leaf.len, &arena, &back), LBX_OK);
        lbx_record_leaf(&back, &read_again);
        CHECK_ROW(&bad, rows[i].what,
                  read_again.len == leaf.len && memcmp(read_again.data, leaf.data, leaf.len) == 0,
                  "another record");
        for (size_t len = 0; len < leaf.len;
             len++) /* in memory of its own: reads beyond are seen */
            assert_int_equal(read_part(leaf.data, len), LBX_ERR_INVALID);
        lbx_buf_str(&leaf, "x");
        assert_int_equal(read_part(leaf.data, leaf.len), LBX_ERR_INVALID);
    }
    assert_int_equal(bad, 0);
}

static void headers_come_back(void **state) {
    (void)state;
    static const struct lbx_header headers[] = {
        {"a", "1", 1},
        {"a", "two\0", 4},
        {"empty", "", 0},
        {"", "no name", 7},
        {"null", NULL, 0},
        {"a\0b", "1", 1, .name_len = 3},
        {"\0", "", 0, .name_len = 1},
    };
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    for (size_t count = 0; count <= COUNT(headers); count++) {
        struct lbx_buf bytes LBX_BUF = {0};
        struct lbx_header *back;
        size_t back_count;
        lbx_record_headers_encode(headers, count, &bytes);
        assert_int_equal(
            lbx_record_headers_decode(bytes.data, bytes.len, &arena, &back, &back_count), LBX_OK);
        assert_int_equal(lbx_record_headers_check(bytes.data, bytes.len), LBX_OK);
        assert_int_equal(back_count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(back[i].name_len, headers[i].name_len);
            assert_memory_equal(back[i].name, headers[i].name, lbx_header_name_len(&headers[i]));
            assert_int_equal(back[i].len, headers[i].len);
            assert_int_equal(back[i].value == NULL, headers[i].value == NULL);
            if (headers[i].value)
                assert_memory_equal(back[i].value, headers[i].value, headers[i].len);
        }
        /* Each end too early is noticed, and nothing behind it is read (AddressSanitizer's part). */
        for (size_t len = 0; len < bytes.len; len++) {
            char *part LBX_FREE = malloc(len + !len);
            memcpy(part, bytes.data, len);
            assert_int_equal(lbx_record_headers_decode(part, len, &arena, &back, &back_count),
                             LBX_ERR_INVALID);
            assert_int_equal(lbx_record_headers_check(part, len), LBX_ERR_INVALID);
        }
    }
    lbx_arena_done(&arena);
}

static void header_bytes_of_another_form(void **state) {
    (void)state;
    static const struct {
        const char *what, *bytes;
        size_t len;
    } rows[] = {
        {"nothing", "", 0},
        {"behind the end", "\0\0\0\0x", 5},
        {"a count without headers", "\0\0\0\1", 4},
        {"a count beyond memory", "\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0", 12},
        {"a null name", "\0\0\0\1\xFF\xFF\xFF\xFF\0\0\0\0", 12},
        {"a name longer than the bytes",
         "\0\0\0\1\0\0\0\x09"
         "a\0\0\0\0",
         13},
        {"a value longer than the bytes", "\0\0\0\1\0\0\0\1a\0\0\0\2v", 14},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_header *headers;
        size_t count;
        enum lbx_err err =
            lbx_record_headers_decode(rows[i].bytes, rows[i].len, &arena, &headers, &count);
        CHECK_ROW(&bad, rows[i].what, err == LBX_ERR_INVALID, "err %d", err);
        err = lbx_record_headers_check(rows[i].bytes, rows[i].len);
        CHECK_ROW(&bad, rows[i].what, err == LBX_ERR_INVALID, "checked: err %d", err);
    }
    assert_int_equal(bad, 0);
    lbx_arena_done(&arena);
}

/* PostgreSQL and RFC 3339 know fewer times than Kafka does. */
static void a_time_is_any_number(void **state) {
    (void)state;
    static const struct {
        int64_t ms, want_us;
    } rows[] = {
        {1, 1000},
        {1795450118123, 1795450118123000},
        {253402300799999, 253402300799999000},
        {253402300800000, 0},
        {0, 0},
        {-1, 0},
        {-298000000000000, 0},
        {INT64_MAX, 0},
        {INT64_MIN, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_record record = {.timestamp_ms = rows[i].ms};
        assert_int_equal(lbx_record_time(&record), rows[i].want_us);
    }
}

/* Behind a NUL a name goes on: another header, whatever it begins with. */
static void a_header_is_named_by_all_bytes(void **state) {
    (void)state;
    const struct lbx_header plain = {.name = "CE_id"}, longer = {.name = "ce_id\0x", .name_len = 7};
    assert_true(lbx_header_is(&plain, "ce_id"));
    assert_false(lbx_header_is(&longer, "ce_id"));
    assert_int_equal(lbx_header_name_len(&plain), 5);
    assert_int_equal(lbx_header_name_len(&longer), 7);
}

/* A log that took another one's place is the same topic, and another log to whoever hashes its records. */
static void a_log_has_its_topics_name_or_its_own(void **state) {
    (void)state;
    static const struct {
        const char *log, *topic, *number;
    } rows[] = {
        {"lockbox.tickets.v1", "lockbox.tickets.v1", "0"},
        {"2~lockbox.tickets.v1", "lockbox.tickets.v1", "2"},
        {"107~tickets.v1", "tickets.v1", "107"},
        {"~tickets.v1", "~tickets.v1", "0"}, /* no log's name */
        {"2lockbox.tickets.v1", "2lockbox.tickets.v1", "0"},
    };
    struct lbx_record first = {.topic_name = "t.v1"},
                      second = {.topic_name = "t.v1", .log_name = "2~t.v1"};
    struct lbx_buf one LBX_BUF = {0}, other LBX_BUF = {0};
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char number[LBX_LOG_NUMBER_SIZE];
        lbx_log_number(rows[i].log, number);
        CHECK_ROW(&bad, rows[i].log,
                  strcmp(lbx_log_topic(rows[i].log), rows[i].topic) == 0 &&
                      strcmp(number, rows[i].number) == 0,
                  "%s %s", lbx_log_topic(rows[i].log), number);
    }
    assert_int_equal(bad, 0);
    assert_int_equal(lbx_topic_of("2~lockbox.tickets.v1", "lockbox."), LBX_TOPIC_TICKETS);
    lbx_record_leaf(&first, &one);
    lbx_record_leaf(&second, &other);
    assert_int_equal(other.len, one.len + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_have_names_and_keys),
        cmocka_unit_test(topics_are_found_by_name),
        cmocka_unit_test(no_name_ends_as_another),
        cmocka_unit_test(leaf_bytes),
        cmocka_unit_test(headers_come_back),
        cmocka_unit_test(header_bytes_of_another_form),
        cmocka_unit_test(a_time_is_any_number),
        cmocka_unit_test(a_log_has_its_topics_name_or_its_own),
        cmocka_unit_test(a_header_is_named_by_all_bytes),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
