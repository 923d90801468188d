/* Whether an outbox row's columns are its payload's. */
#include "store/outbox.h"
#include "store/outbox_row.h"

#include "check.h"

#define ID "0190b1a4-5c40-7c3e-9f21-6b8d0e4a7c52"
#define TYPE "lockbox.request.denied.v1"
#define START                                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"" ID "\",\"source\":\"/lockbox/decider\",\"type\":\"" TYPE  \
    "\""
#define HEAD                                                                                       \
    START                                                                                          \
    ",\"subject\":\"R-1\",\"time\":\"2026-11-29T12:00:00Z\",\"datacontenttype\":\"application/json\""
#define SEQUENCE ",\"sequence\":\"00000000000000000002\""

static const struct {
    const char *payload;
    bool holds;
} rows[] = {
    {HEAD ",\"data\":{}}", true},
    {HEAD SEQUENCE
     ",\"causationid\":\"a\\\"b\",\"traceparent\":\"t\",\"tracestate\":\"a=\\\"\",\"data\":{\"a\":{\"b\":\"}\\\"}\"}}}",
     true},
    {"", false},
    {"{}", false},
    {"null", false},
    {HEAD, false},
    {HEAD ",\"data\":", false},
    {HEAD ",\"data\":null}", false},
    {HEAD ",\"data\":{", false},
    {HEAD ",\"data\":{\"", false},
    {HEAD ",\"data\":{\"\\", false},
    {HEAD ",\"data\":{}", false},
    {HEAD ",\"data\":{}},", false},
    {HEAD ",\"data\":{},\"data\":{}}", false},
    {HEAD ",\"data\":{},\"type\":\"lockbox.request.approved.v1\"}", false},
    {HEAD ",\"type\":\"lockbox.request.approved.v1\",\"data\":{}}", false},
    {HEAD SEQUENCE SEQUENCE ",\"data\":{}}", false},
    {" " HEAD ",\"data\":{}}", false},
    {START
     ",\"subject\":\"R-2\",\"time\":\"t\",\"datacontenttype\":\"application/json\",\"data\":{}}",
     false},
};

static void test_a_row_and_its_payload(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (lbx_outbox_holds(ID, TYPE, "R-1", rows[i].payload) != rows[i].holds)
            fail_msg("row %zu: %s", i, rows[i].payload);
    assert_false(lbx_outbox_holds("another", TYPE, "R-1", rows[0].payload));
    assert_false(lbx_outbox_holds(ID, "lockbox.request.approved.v1", "R-1", rows[0].payload));
    assert_false(lbx_outbox_holds(ID, TYPE, "R-2", rows[0].payload));
}

/* Whatever an id may be: what lbx_event_encode writes holds. */
static void test_what_is_written_holds(void **state) {
    (void)state;
    static const char *const subjects[] = {"R-1", "a\"b\\", "\x01\x7f", "\xc3\xa9\xe2\x80\xa8/"};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const struct lbx_tenant_changed data = {.tenant_id = subjects[i]};
        struct lbx_buf payload LBX_BUF = {0};
        lbx_event_encode(&(struct lbx_event_out){.type = LBX_EVENT_TENANT_CHANGED,
                                                 .id = ID,
                                                 .source = "/lockbox/requester",
                                                 .subject = subjects[i],
                                                 .sequence = 7,
                                                 .causationid = "a\"b",
                                                 .data = &data},
                         &payload);
        assert_true(lbx_outbox_holds(ID, "lockbox.tenant.changed.v1", subjects[i], payload.data));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_and_its_payload),
        cmocka_unit_test(test_what_is_written_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
