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
    }
    assert_int_equal(bad, 0);
}

static void headers_come_back(void **state) {
    (void)state;
    static const struct lbx_header headers[] = {
        {"a", "1", 1}, {"a", "two\0", 4}, {"empty", "", 0}, {"", "no name", 7}, {"null", NULL, 0},
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
            assert_string_equal(back[i].name, headers[i].name);
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
        {"a NUL in a name", "\0\0\0\1\0\0\0\3a\0b\0\0\0\0", 15},
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_have_names_and_keys),
        cmocka_unit_test(topics_are_found_by_name),
        cmocka_unit_test(no_name_ends_as_another),
        cmocka_unit_test(leaf_bytes),
        cmocka_unit_test(headers_come_back),
        cmocka_unit_test(header_bytes_of_another_form),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
