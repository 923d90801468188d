/* A request's text in three columns: what is written is read, and the event around them is the event of the whole. */
#include "store/request_text.h"

#include "check.h"

static struct lbx_item item = {.number = 1, .action = "list_pods", .kept = true};
static struct lbx_engineer engineer = {.id = "e", .email = "e@example.com", .name = "E"};

/* Terminal, with every member of the clock's column that such a request can have. */
static struct lbx_request completed(void) {
    return (struct lbx_request){
        .request_id = "R-1",
        .state = LBX_STATE_COMPLETED,
        .version = 3,
        .expires_at = 1795450118123456,
        .acknowledge_by = 1795450119123456,
        .unacknowledged = true,
        .ended_at = 1795450118123456,
        .ticket_id = "T-1",
        .engineer = engineer,
        .resource_id = "/r",
        .actions = &item,
        .action_count = 1,
        .duration = 3600000000,
        .approvals_needed = 1,
        .created_at = 1795450117123456,
        .justification = "quote \" brace }}} backslash \\",
    };
}

static void encode(const struct lbx_request_changed *changed, bool head, struct lbx_buf *out) {
    const struct lbx_event_out event = {.type = LBX_EVENT_REQUEST_COMPLETED,
                                        .id = "i",
                                        .source = "/lockbox/expirer",
                                        .subject = "R-1",
                                        .time = 1795450118123456,
                                        .sequence = 3,
                                        .data = changed};
    if (head)
        lbx_request_text_event_head(&event, out);
    else
        lbx_event_encode(&event, out);
}

/* The database puts what it holds between head and tail; the head is written without it. */
static void head_columns_and_tail_are_the_event(void **state) {
    (void)state;
    struct lbx_request_changed whole = {.request = completed(),
                                        .previous_state = LBX_STATE_EMERGENCY};
    struct lbx_request_changed clock = whole;
    clock.request.ticket_id = clock.request.resource_id = clock.request.justification = NULL;
    clock.request.actions = NULL;
    clock.request.action_count = 0;
    clock.request.engineer = (struct lbx_engineer){0};
    clock.request.created_at = clock.request.duration = 0;
    struct lbx_buf event LBX_BUF = {0}, parts LBX_BUF = {0};
    encode(&whole, false, &event);
    encode(&clock, true, &parts);
    assert_null(strstr(parts.data, "ticket_id"));
    lbx_request_text_consent(&whole.request, &parts);
    lbx_buf_char(&parts, ',');
    lbx_request_text_decided(&whole.request, &parts);
    lbx_buf_str(&parts, lbx_request_text_tail);
    assert_string_equal(parts.data, event.data);
}

/* As load_requests.sql puts the columns together. */
static void all_columns_are_the_request(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_request request = completed(), got = {0};
    struct lbx_buf text LBX_BUF = {0}, again LBX_BUF = {0};
    lbx_arena_init(&arena);
    lbx_buf_char(&text, '{');
    lbx_request_text_clock(&request, &text);
    lbx_buf_char(&text, ',');
    lbx_request_text_consent(&request, &text);
    lbx_buf_char(&text, ',');
    lbx_request_text_decided(&request, &text);
    lbx_buf_char(&text, '}');
    assert_int_equal(lbx_request_text_read(&lbx_request_table, "R-1", text.data, &arena, &got),
                     LBX_OK);
    lbx_json_write(&lbx_request_table, &got, &again);
    assert_string_equal(again.data, text.data);
    lbx_arena_done(&arena);
}

static void what_is_no_request_is_an_error(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_request got = {0};
    lbx_arena_init(&arena);
    assert_int_equal(lbx_request_text_read(&lbx_request_clock_table, "R-1",
                                           "{\"request_id\":\"R-1\",\"state\":\"no such\"}", &arena,
                                           &got),
                     LBX_ERR_INTERNAL);
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_columns_and_tail_are_the_event),
        cmocka_unit_test(all_columns_are_the_request),
        cmocka_unit_test(what_is_no_request_is_an_error),
    };
    return cmocka_run_group_tests_name("request_text", tests, NULL, NULL);
}
