/* Spans as OTLP's JSON has them, and which collectors may be sent them. */
#include "io/otlp.h"

#include "base/clock.h"

#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>

static void test_a_span(void **state) {
    (void)state;
    struct lbx_buf out LBX_BUF = {0};
    struct lbx_span span = {
        .trace_id = {0x4b, 0xf9, [15] = 0x36},
        .id = {1, [7] = 0xff},
        .verb = "handle",
        .what = "lockbox.\"x\"",
        .kind = LBX_SPAN_CONSUMER,
        .start_us = INT64_C(1795450118000001),
        .end_us = INT64_C(1795450118000002),
        .attributes = {{"a", "1\n"}, {"b", NULL}, {"c", "2"}},
    };
    lbx_otlp_write(&span, &out);
    assert_string_equal(
        out.data,
        "{\"traceId\":\"4bf90000000000000000000000000036\",\"spanId\":\"01000000000000ff\","
        "\"name\":\"handle lockbox.\\\"x\\\"\",\"kind\":5,"
        "\"startTimeUnixNano\":\"1795450118000001000\",\"endTimeUnixNano\":\"1795450118000002000\","
        "\"attributes\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"1\\u000a\"}},"
        "{\"key\":\"c\",\"value\":{\"stringValue\":\"2\"}}]}");
    lbx_buf_clear(&out);
    span.parent_id[0] = 2;
    span.trace_state = "v=\"1\"";
    span.failed = true;
    span.what = NULL;
    span.attributes[0].name = NULL;
    lbx_otlp_write(&span, &out);
    assert_non_null(strstr(out.data, "\"parentSpanId\":\"0200000000000000\","
                                     "\"traceState\":\"v=\\\"1\\\"\",\"name\":\"handle\","));
    assert_non_null(strstr(out.data, "\"attributes\":[],\"status\":{\"code\":2}}"));
}

static void test_endpoints(void **state) {
    (void)state;
    static const struct {
        const char *endpoint;
        bool valid, plaintext;
    } rows[] = {
        {"https://collector.example", true, true},
        {"https://collector.example:4318/otlp/", true, true},
        {"http://localhost:4318", true, true},
        {"http://127.0.0.1:4318", true, true},
        {"http://[::1]:4318", true, true},
        {"http://collector.example:4318", false, true},
        {"http://localhost.example", false, true},
        {"http://127.example", false, true},
        {"http://[::2]:4318", false, true},
        {"http://ann:pw@localhost", false, false},
        {"https://collector.example/?a=b", false, false},
        {"https://", false, false},
        {"https://[::1", false, false},
        {"collector.example:4318", false, false},
        {"file:///etc/passwd", false, false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_ROW(&bad, rows[i].endpoint,
                  lbx_otlp_endpoint_valid(rows[i].endpoint, false) == rows[i].valid, "otherwise");
        CHECK_ROW(&bad, rows[i].endpoint,
                  lbx_otlp_endpoint_valid(rows[i].endpoint, true) == rows[i].plaintext,
                  "with plaintext otherwise");
    }
    assert_int_equal(bad, 0);
}

/* Where it did not begin. */
static void test_nothing_is_sent(void **state) {
    (void)state;
    assert_false(lbx_otlp_is_on());
    lbx_otlp_add(&(struct lbx_span){.verb = "x"});
    lbx_otlp_stop();
    assert_int_equal(lbx_metric_value(lbx_otlp_metrics[0]), 0);
    assert_int_equal(lbx_metric_value(lbx_otlp_metrics[1]), 0);
}

/* ---- a collector: it takes connections, and answers where it is to ---- */

struct collector {
    int socket;
    const char *answer; /* NULL: it says nothing */
    char said[8192];
};

static void *collect(void *context) {
    struct collector *it = context;
    size_t len = 0;
    int peer = accept(it->socket, NULL, NULL);
    while (peer >= 0 && it->answer && !strstr(it->said, "]}]}]}") && len < sizeof it->said - 1) {
        ssize_t n = read(peer, it->said + len, sizeof it->said - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (it->answer && write(peer, it->answer, strlen(it->answer)) < 0)
        abort();
    if (it->answer)
        close(peer);
    return NULL;
}

static int64_t send_to(struct collector *it, pthread_t *ret_thread) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    char endpoint[64];
    it->socket = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(it->socket, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(it->socket, 5), 0);
    assert_int_equal(getsockname(it->socket, (struct sockaddr *)&address, &len), 0);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    assert_int_equal(pthread_create(ret_thread, NULL, collect, it), 0);
    lbx_otlp_start(&(struct lbx_otlp_options){
        .endpoint = endpoint, .worker = "tester", .version = "1", .instance = ""});
    const int64_t began_us = lbx_monotonic_us();
    lbx_otlp_add(&(struct lbx_span){.verb = "one"});
    lbx_otlp_add(&(struct lbx_span){.verb = "two"});
    const int64_t took_us = lbx_monotonic_us() - began_us;
    lbx_otlp_stop();
    close(it->socket);
    return took_us;
}

static void test_spans_are_sent_together(void **state) {
    (void)state;
    static struct collector it = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    pthread_t thread;
    const int64_t before = lbx_metric_value(lbx_otlp_metrics[0]);
    (void)send_to(&it, &thread);
    pthread_join(thread, NULL);
    assert_int_equal(lbx_metric_value(lbx_otlp_metrics[0]) - before, 2);
    assert_int_equal(strncmp(it.said, "POST /v1/traces HTTP/1.1\r\n", 26), 0);
    assert_non_null(strstr(it.said, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(
        it.said, "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"lockbox-tester\"}}"));
    assert_non_null(strstr(it.said, "\"name\":\"one\""));
    assert_non_null(strstr(it.said, "},{\"traceId\""));
}

static void test_refused_spans_are_dropped(void **state) {
    (void)state;
    static struct collector it = {.answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"};
    pthread_t thread;
    const int64_t before = lbx_metric_value(lbx_otlp_metrics[1]);
    (void)send_to(&it, &thread);
    pthread_join(thread, NULL);
    assert_int_equal(lbx_metric_value(lbx_otlp_metrics[1]) - before, 2);
}

static void test_a_collector_that_hangs(void **state) {
    (void)state;
    static struct collector it;
    pthread_t thread;
    const int64_t before = lbx_metric_value(lbx_otlp_metrics[1]), began_us = lbx_monotonic_us();
    assert_true(send_to(&it, &thread) < LBX_SECOND_US);
    assert_true(lbx_monotonic_us() - began_us < 5 * LBX_SECOND_US);
    pthread_join(thread, NULL);
    assert_int_equal(lbx_metric_value(lbx_otlp_metrics[1]) - before, 2);
}

/* What does not fit is dropped at once. */
static void test_a_full_queue(void **state) {
    (void)state;
    char state_of[512];
    memset(state_of, 'x', sizeof state_of - 1);
    state_of[sizeof state_of - 1] = '\0';
    lbx_otlp_start(&(struct lbx_otlp_options){
        .endpoint = "http://127.0.0.1:1", .worker = "tester", .version = "1", .instance = ""});
    const int64_t before = lbx_metric_value(lbx_otlp_metrics[1]);
    for (int i = 0; i < 20000; i++)
        lbx_otlp_add(&(struct lbx_span){.verb = "x", .trace_state = state_of});
    lbx_otlp_stop();
    assert_int_equal(lbx_metric_value(lbx_otlp_metrics[1]) - before, 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_span),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_nothing_is_sent),
        cmocka_unit_test(test_spans_are_sent_together),
        cmocka_unit_test(test_refused_spans_are_dropped),
        cmocka_unit_test(test_a_collector_that_hangs),
        cmocka_unit_test(test_a_full_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
