/* What is a traceparent and a tracestate, by W3C Trace Context. */
#include "event/trace.h"

#include "base/arena.h"

#include "check.h"
#include "expand.h"

#define IDS "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

static void test_traceparent(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"00-" IDS "-01", true},
        {"00-" IDS "-00", true},
        {"00-" IDS "-ff", true},
        {"01-" IDS "-01", true},
        {"01-" IDS "-01-what-may-come", true},
        {"fe-" IDS "-01-", true},
        {"00-" IDS "-01-x", false},
        {"00-" IDS "-01 ", false},
        {"01-" IDS "-01x", false},
        {"01-" IDS "-01-a\r\nBcc: x@y", false},
        {"01-" IDS "-01-<80>", false},
        {"ff-" IDS "-01", false},
        {"0-" IDS "-01", false},
        {"00-" IDS, false},
        {"00-" IDS "-1", false},
        {"00-" IDS "-0g", false},
        {"00-" IDS "-0A", false},
        {"00_" IDS "-01", false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false},
        {"00-00000000000000000000000000000000-00f067aa0ba902b7-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b71-01", false},
        {"00-a-b-01", false},
        {"", false},
        {NULL, false},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_ROW(&bad, rows[i].text ? rows[i].text : "NULL",
                  lbx_traceparent_valid(rows[i].text ? expand(&arena, rows[i].text) : NULL) ==
                      rows[i].valid,
                  "is %s", rows[i].valid ? "valid" : "none");
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void test_tracestate(void **state) {
    (void)state;
#define EIGHT(n) "a" n "=1,b" n "=1,c" n "=1,d" n "=1,e" n "=1,f" n "=1,g" n "=1,h" n "=1"
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"congo=t61rcWkgMzE", true},
        {"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true},
        {"fw529a3039@dt=FfAAAAAAAA0=", false},
        {"fw529a3039@dt=FfAAAAAAAA0", true},
        {"1a-_*/=\"q\\\"!~", true},
        {" a=1 ,\tb=2\t,, c= 3", true},
        {EIGHT("1") "," EIGHT("2") "," EIGHT("3") "," EIGHT("4"), true},
        {EIGHT("1") "," EIGHT("2") "," EIGHT("3") "," EIGHT("4") ",z=1", false},
        {"<256>=1", true},
        {"<257>=1", false},
        {"a=<256>", true},
        {"a=<257>", false},
        {"a=<256>,b=<251>", true},
        {"a=<256>,b=<252>", false},
        {"a=1,a=2", false},
        {"a=1,b=2,a=1", false},
        {"a", false},
        {"a=", false},
        {"=1", false},
        {"A=1", false},
        {"@a=1", false},
        {"a b=1", false},
        {"a=1=2", false},
        {"a=1\r\nBcc: x@y", false},
        {"a=\xC3\xA9", false},
        {"a=\x7f", false},
        {"", false},
        {" ,\t", false},
        {NULL, false},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_ROW(&bad, rows[i].text ? rows[i].text : "NULL",
                  lbx_tracestate_valid(rows[i].text ? expand(&arena, rows[i].text) : NULL) ==
                      rows[i].valid,
                  "is %s", rows[i].valid ? "valid" : "none");
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void test_what_is_passed_on(void **state) {
    (void)state;
    const char *parent = "00-" IDS "-01";
    struct lbx_trace both = lbx_trace_of(parent, "a=1");
    assert_string_equal(both.parent, parent);
    assert_string_equal(both.state, "a=1");
    assert_null(lbx_trace_of(parent, "a").state);
    assert_non_null(lbx_trace_of(parent, "a").parent);
    assert_null(lbx_trace_of("00-a-b-01", "a=1").parent);
    assert_null(lbx_trace_of("00-a-b-01", "a=1").state);
    assert_null(lbx_trace_of(NULL, "a=1").state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traceparent),
        cmocka_unit_test(test_tracestate),
        cmocka_unit_test(test_what_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
