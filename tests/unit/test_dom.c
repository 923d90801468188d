/* Text and parsed value are read alike: where the text reader answers, reading jansson's value
 * answers the same. */
#include "json/dom.h"

#include "event/payload.h"

#include "check.h"
#include "damage.h"

/* As the programs write it, with something of each type. */
#define REQUEST                                                                                                                  \
    "{\"request_id\":\"0190\",\"state\":\"approved\",\"version\":3,"                                                             \
    "\"decide_by\":\"2026-11-27T16:08:38.000001Z\",\"expires_at\":\"2026-11-24T00:08:38.000000Z\","                              \
    "\"unacknowledged\":false,\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"ticket_id\":\"T-1\","                              \
    "\"engineer\":{\"id\":\"e\",\"email\":\"e@v.example\",\"name\":\"\xC3\x89va\",\"organization\":\"microsoft\"},"              \
    "\"resource_id\":\"/subscriptions/s\","                                                                                      \
    "\"actions\":[{\"number\":1,\"action\":\"get_pod_logs\",\"namespace\":\"openshift-ingress\",\"kept\":true},"                 \
    "{\"number\":2,\"action\":\"delete_object\",\"kind\":\"Pod\",\"name\":\"a\\\"b\\\\c\",\"namespace\":\"n\",\"kept\":false}]," \
    "\"justification\":\"one\\ntwo\\t/ \\/ \\b\\f\\r three\",\"duration\":\"PT8H\","                                             \
    "\"created_at\":\"2026-11-23T16:08:38.123456Z\",\"approvals_needed\":1,\"signed_decisions\":true,"                           \
    "\"approvers\":[{\"principal\":{\"id\":\"a\",\"email\":\"a@c.example\",\"name\":\"Ann\"},\"role\":\"owner\"},"               \
    "{\"principal\":{\"id\":\"b\",\"email\":\"b@c.example\",\"name\":\"Bo\"},\"role\":\"owner\"},"                               \
    "{\"principal\":{\"id\":\"c\",\"email\":\"c@c.example\",\"name\":\"Cy\"},\"role\":\"owner\"},"                               \
    "{\"principal\":{\"id\":\"d\",\"email\":\"d@c.example\",\"name\":\"Di\"},\"role\":\"owner\"},"                               \
    "{\"principal\":{\"id\":\"f\",\"email\":\"f@c.example\",\"name\":\"Flo\"},\"role\":\"owner\"}],"                             \
    "\"alternate_emails\":[\"x@c.example\",\"y@c.example\"],\"decisions\":[]"

static bool read_parsed(const struct lbx_table *table, const char *text, size_t len,
                        enum lbx_json_mode mode, struct lbx_arena *arena, void *into,
                        struct lbx_reason *reason) {
    const struct lbx_reader reader = {.mode = mode, .arena = arena, .at = "", .reason = reason};
    json_t *value LBX_JSON = lbx_dom_parse(text, len, reason);
    return value && lbx_dom_read(&reader, table, value, into);
}

/* Whether the text reader answered; *bad counts where the parsed value says something else. */
static bool reads_alike(const char *text, size_t len, enum lbx_json_mode mode,
                        struct lbx_arena *arena, int *bad) {
    const struct lbx_table *table = &lbx_request_table;
    struct lbx_buf ours LBX_BUF = {0}, theirs LBX_BUF = {0};
    struct lbx_reason reason = {{0}};
    void *read = lbx_arena_alloc(arena, table->size);
    void *parsed = lbx_arena_alloc(arena, table->size);
    /* Of its own, so that reading past the end is seen. */
    char *copy LBX_FREE = malloc(len ? len : 1);
    memcpy(copy, text, len);
    if (!lbx_json_read_text(table, copy, len, mode, arena, read))
        return false;
    if (!read_parsed(table, copy, len, mode, arena, parsed, &reason)) {
        print_error("mode %d read, but %s: %.*s\n", mode, reason.text, (int)len, text);
        ++*bad;
        return true;
    }
    lbx_json_write(table, read, &ours);
    lbx_json_write(table, parsed, &theirs);
    if (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0) {
        print_error("mode %d: %s\nbut parsed\n%s\n", mode, ours.data, theirs.data);
        ++*bad;
    }
    return true;
}

static void ordinary_text_needs_no_parser(void **state) {
    (void)state;
    static const char *const texts[] = {
        REQUEST "}",
        REQUEST ",\"who_knows\":{\"a\":[1,{},null,-7,\"\\n\"]},\"extends\":null}",
        " \n" REQUEST " \t,\r\n \"reason_item\" : 7 } ",
        REQUEST ",\"opened_by\":{\"id\":\"o\",\"email\":\"o@c.example\",\"name\":\"O\"}}",
        REQUEST ",\"extends\":\"\\u0041\\u00e9\\u20AC\\uFFFD\\u003c\"}",
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int mode = LBX_JSON_STRICT; mode <= LBX_JSON_PARTIAL; mode++)
            assert_true(
                reads_alike(texts[i], strlen(texts[i]), (enum lbx_json_mode)mode, &arena, &bad));
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* Ill-formed, or only unusual. */
static void odd_text_is_left_to_the_parser(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "7",
        REQUEST,
        REQUEST "}}",
        REQUEST "},",
        REQUEST ",}",
        REQUEST ",\"state\":\"approved\"}", /* twice */
        REQUEST ",\"extends\":\"\\u0000\"}",
        REQUEST ",\"extends\":\"\\u004g\"}",
        REQUEST ",\"extends\":\"\\ud83d\\ude00\"}", /* surrogates */
        REQUEST ",\"extends\":\"\\u00",
        REQUEST ",\"ext\\u0065nds\":\"a\"}",
        REQUEST ",\"reason_item\":7.0}",
        REQUEST ",\"reason_item\":1234567890123456789}",
        REQUEST ",\"reason_item\":07}",
        REQUEST ",\"extends\":\"\xC3\"}",
        REQUEST ",\"extends\":\"a\nb\"}",
        REQUEST ",\"who_knows\":"
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int mode = LBX_JSON_STRICT; mode <= LBX_JSON_PARTIAL; mode++)
            if (reads_alike(texts[i], strlen(texts[i]), (enum lbx_json_mode)mode, &arena, &bad))
                fail_msg("mode %d read: %s", mode, texts[i]);
    lbx_arena_done(&arena);
}

/* Of more members than can be kept those that stand in byte order need not be: none can stand there twice. */
static void many_members_need_no_parser_where_they_are_in_order(void **state) {
    (void)state;
    static const struct {
        const char *last;
        bool needs_none;
    } rows[] = {
        {"\"k1999\":0", true},  {"\"k1999\":{\"b\":0,\"c\":0}", true},
        {"\"k0000\":0", false}, {"\"k0998\":0", false},
        {"\"a\":0", false},     {"\"k1999\":{\"c\":0,\"b\":0}", false},
    };
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lbx_buf text LBX_BUF = {0};
        lbx_buf_str(&text, REQUEST ",\"who_knows\":{");
        for (int n = 0; n < 999; n++)
            lbx_buf_printf(&text, "\"k%04d\":0,", n);
        lbx_buf_printf(&text, "%s}}", rows[i].last);
        CHECK_ROW(&bad, rows[i].last,
                  reads_alike(text.data, text.len, LBX_JSON_STRICT, &arena, &bad) ==
                      rows[i].needs_none,
                  "read");
    }
    assert_int_equal(bad, 0);
}

/* Its reason is the parser's to tell; what fits is read without it. */
static void broken_rows_are_read_in_part(void **state) {
    (void)state;
    static const char *const texts[] = {
        REQUEST ",\"reason_item\":\"7\"}",
        REQUEST ",\"digest\":\"short\"}",
        REQUEST ",\"remind_at\":\"2026-11-24 00:08:38Z\"}", /* not our form */
        REQUEST ",\"granted_duration\":\"PT0S\"}",
        REQUEST ",\"reason\":\"no such reason\"}",
        "{\"request_id\":\"0190\",\"state\":\"approved\",\"version\":3}", /* something is missing */
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(reads_alike(texts[i], strlen(texts[i]), LBX_JSON_STRICT, &arena, &bad));
        assert_false(reads_alike(texts[i], strlen(texts[i]), LBX_JSON_STORED, &arena, &bad));
        assert_true(reads_alike(texts[i], strlen(texts[i]), LBX_JSON_PARTIAL, &arena, &bad));
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* Only stored text may have an address that today's rules refuse. */
static void formats_are_not_asked_of_stored_text(void **state) {
    (void)state;
    static const char text[] =
        REQUEST ",\"opened_by\":{\"id\":\"o\",\"email\":\"o..o@c\",\"name\":\"O\"}}";
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    assert_false(reads_alike(text, sizeof text - 1, LBX_JSON_STRICT, &arena, &bad));
    assert_true(reads_alike(text, sizeof text - 1, LBX_JSON_STORED, &arena, &bad));
    assert_true(reads_alike(text, sizeof text - 1, LBX_JSON_PARTIAL, &arena, &bad));
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void damaged_text_is_read_as_the_parser_reads_it(void **state) {
    (void)state;
    static const char whole[] =
        REQUEST ",\"who_knows\":{\"a\":[1,{},null,-7,\"\\n\"]},\"extends\":null}";
    struct lbx_arena arena;
    struct lbx_buf text LBX_BUF = {0};
    uint64_t chance = 1;
    int bad = 0;
    size_t read = 0, in_part = 0;
    lbx_arena_init(&arena);
    for (int round = 0; round < 20000; round++) {
        lbx_buf_clear(&text);
        lbx_buf_add(&text, whole, sizeof whole - 1);
        damage(&text, &chance);
        read += reads_alike(text.data, text.len, LBX_JSON_STRICT, &arena, &bad);
        (void)reads_alike(text.data, text.len, LBX_JSON_STORED, &arena, &bad);
        in_part += reads_alike(text.data, text.len, LBX_JSON_PARTIAL, &arena, &bad);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
    assert_in_range(read, 2000, 17000); /* some damage is harmless, most is not */
    assert_true(in_part > read);
}

/* A record's value has no end of text behind it: whatever stands there is none of it. */
static void a_number_at_the_end_is_read_no_further(void **state) {
    (void)state;
    struct lbx_reason reason = {{0}};
    json_t *value LBX_JSON = lbx_dom_parse("1e-19999", 4, &reason);
    assert_non_null(value);
}

static void numbers_that_no_column_holds_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool fits;
    } rows[] = {
        {"1e-20000", false},
        {"[0.0e-16383]", false},
        {"1E-16383", true},
        {"1e-16384", false},
        {"{\"a\":-1.5e-99999999999}", false},
        {"\"1e-20000\"", true},
        {"1e+3", true},
        {"{\"\\\"1e-20000\":2}", true},
        {"12.25", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lbx_reason reason = {{0}};
        json_t *value LBX_JSON = lbx_dom_parse(rows[i].text, strlen(rows[i].text), &reason);
        if ((value != NULL) != rows[i].fits)
            fail_msg("%s: %s", rows[i].text, reason.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_needs_no_parser),
        cmocka_unit_test(odd_text_is_left_to_the_parser),
        cmocka_unit_test(many_members_need_no_parser_where_they_are_in_order),
        cmocka_unit_test(broken_rows_are_read_in_part),
        cmocka_unit_test(formats_are_not_asked_of_stored_text),
        cmocka_unit_test(a_number_at_the_end_is_read_no_further),
        cmocka_unit_test(numbers_that_no_column_holds_are_refused),
        cmocka_unit_test(damaged_text_is_read_as_the_parser_reads_it),
    };
    return cmocka_run_group_tests_name("dom", tests, NULL, NULL);
}
