/* Sends OpenTelemetry spans to a collector by OTLP over HTTP in JSON: a thread posts the queue
 * once a second or sooner. Promises that at most QUEUE_BYTES are queued, and that adding holds
 * the lock only while a span is copied. Fails by dropping spans: each is counted, and the first
 * of an outage is logged. */
#include "io/otlp.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "io/fetch.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { QUEUE_BYTES = 2 << 20, SOON_BYTES = 256 << 10, ANSWER_MAX = 64 << 10, TIMEOUT_S = 2 };
#define EVERY_US LBX_SECOND_US

static struct lbx_metric spans_sent = {.name = "spans_sent_total",
                                       .help = "Spans that the collector took"};
static struct lbx_metric spans_dropped = {
    .name = "spans_dropped_total",
    .help = "Spans that were not sent: the collector was slow or away, or refused them"};
struct lbx_metric *const lbx_otlp_metrics[] = {&spans_sent, &spans_dropped, NULL};

static struct {
    struct lbx_otlp_options options;
    struct lbx_buf url, head; /* head: the JSON before the spans */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct lbx_buf queue; /* spans, with commas between them */
    size_t count;         /* number of spans in the queue */
    bool closing;
    pthread_t thread;
    bool failing; /* the thread's own: the last POST failed */
} otlp = {.lock = PTHREAD_MUTEX_INITIALIZER};
static atomic_bool is_on;

/* ---- JSON ---- */

static void put_hex(struct lbx_buf *out, const char *name, const unsigned char *bytes, size_t len) {
    lbx_buf_printf(out, "\"%s\":\"", name);
    for (size_t i = 0; i < len; i++)
        lbx_buf_printf(out, "%02x", bytes[i]);
    lbx_buf_str(out, "\",");
}

static void put_attribute(struct lbx_buf *out, const char *name, const char *text, bool is_first) {
    lbx_buf_printf(out, "%s{\"key\":\"%s\",\"value\":{\"stringValue\":", is_first ? "" : ",", name);
    lbx_buf_json_str(out, text, strlen(text));
    lbx_buf_str(out, "}}");
}

static void put_name(struct lbx_buf *out, const struct lbx_span *span) {
    struct lbx_buf name LBX_BUF = {0};
    lbx_buf_str(&name, span->verb);
    if (span->what) {
        lbx_buf_char(&name, ' ');
        lbx_buf_str(&name, span->what);
    }
    lbx_buf_str(out, "\"name\":");
    lbx_buf_json_str(out, name.data, name.len);
}

void lbx_otlp_write(const struct lbx_span *span, struct lbx_buf *out) {
    static const unsigned char none[LBX_SPAN_ID_SIZE];
    bool is_first = true;
    lbx_buf_char(out, '{');
    put_hex(out, "traceId", span->trace_id, sizeof span->trace_id);
    put_hex(out, "spanId", span->id, sizeof span->id);
    if (memcmp(span->parent_id, none, sizeof none) != 0)
        put_hex(out, "parentSpanId", span->parent_id, sizeof span->parent_id);
    if (span->trace_state) {
        lbx_buf_str(out, "\"traceState\":");
        lbx_buf_json_str(out, span->trace_state, strlen(span->trace_state));
        lbx_buf_char(out, ',');
    }
    put_name(out, span);
    lbx_buf_printf(out,
                   ",\"kind\":%d,\"startTimeUnixNano\":\"%" PRId64
                   "000\",\"endTimeUnixNano\":\"%" PRId64 "000\",\"attributes\":[",
                   span->kind, span->start_us, span->end_us);
    for (size_t i = 0; i < LBX_SPAN_ATTRIBUTES && span->attributes[i].name; i++) {
        if (!span->attributes[i].text)
            continue;
        put_attribute(out, span->attributes[i].name, span->attributes[i].text, is_first);
        is_first = false;
    }
    lbx_buf_printf(out, "]%s}", span->failed ? ",\"status\":{\"code\":2}" : "");
}

static void write_head(const struct lbx_otlp_options *options, struct lbx_buf *out) {
    struct lbx_buf service LBX_BUF = {0};
    lbx_buf_printf(&service, "lockbox-%s", options->worker);
    lbx_buf_str(out, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[");
    put_attribute(out, "service.name", service.data, true);
    put_attribute(out, "service.version", options->version, false);
    if (options->instance[0])
        put_attribute(out, "service.instance.id", options->instance, false);
    lbx_buf_str(out, "]},\"scopeSpans\":[{\"scope\":{\"name\":\"lockbox\"},\"spans\":[");
}

/* ---- the thread ---- */

static void tell(bool failed, long status, const char *why) {
    if (failed && !otlp.failing)
        lbx_log(LBX_LOG_WARN, "spans are dropped", LBX_S("error", status ? "HTTP" : why),
                LBX_N("status", status));
    else if (!failed && otlp.failing)
        lbx_log(LBX_LOG_INFO, "spans are sent again");
    otlp.failing = failed;
}

static void post(const struct lbx_buf *spans, size_t count) {
    const struct lbx_fetch_tls tls = {.ca_file = otlp.options.ca_file};
    struct lbx_buf body LBX_BUF = {0};
    struct lbx_answer answer = {0};
    const char *why = "";
    lbx_buf_add(&body, otlp.head.data, otlp.head.len);
    lbx_buf_add(&body, spans->data, spans->len);
    lbx_buf_str(&body, "]}]}]}");
    enum lbx_err err =
        lbx_fetch_post(otlp.url.data, "application/json", otlp.options.ca_file ? &tls : NULL, &body,
                       ANSWER_MAX, TIMEOUT_S, &answer, &why);
    const bool failed = err != LBX_OK || answer.status < 200 || answer.status > 299;
    lbx_metric_add(failed ? &spans_dropped : &spans_sent, (int64_t)count);
    tell(failed, answer.status, why);
    lbx_buf_done(&answer.body);
}

/* Waits, with the lock, until the queue is long, a span has waited for a while, or the thread is to end. */
static void await(void) {
    while (otlp.count == 0 && !otlp.closing)
        pthread_cond_wait(&otlp.changed, &otlp.lock);
    const int64_t until_us = lbx_monotonic_us() + EVERY_US;
    const struct timespec until = {.tv_sec = until_us / LBX_SECOND_US,
                                   .tv_nsec = until_us % LBX_SECOND_US * 1000};
    while (otlp.queue.len < SOON_BYTES && !otlp.closing)
        if (pthread_cond_timedwait(&otlp.changed, &otlp.lock, &until) != 0)
            return;
}

static void *run(void *unused) {
    (void)unused;
    bool closing = false;
    while (!closing) {
        pthread_mutex_lock(&otlp.lock);
        await();
        struct lbx_buf spans LBX_BUF = otlp.queue;
        const size_t count = otlp.count;
        otlp.queue = (struct lbx_buf){0};
        otlp.count = 0;
        closing = otlp.closing;
        pthread_mutex_unlock(&otlp.lock);
        if (count > 0)
            post(&spans, count);
    }
    return NULL;
}

/* ---- public functions ---- */

bool lbx_otlp_endpoint_valid(const char *endpoint, bool allow_plaintext) {
    static const char tls[] = "https://", plain[] = "http://";
    const bool is_tls = strncmp(endpoint, tls, sizeof tls - 1) == 0;
    if (!is_tls && strncmp(endpoint, plain, sizeof plain - 1) != 0)
        return false;
    const char *host = endpoint + (is_tls ? sizeof tls : sizeof plain) - 1;
    const size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (len == 0 || strpbrk(endpoint, " ?#@\"\\") || len > strlen(host))
        return false;
    return is_tls || allow_plaintext || lbx_is_loopback(host, len);
}

void lbx_otlp_start(const struct lbx_otlp_options *options) {
    pthread_condattr_t monotonic;
    size_t len = strlen(options->endpoint);
    while (len > 0 && options->endpoint[len - 1] == '/')
        len--;
    otlp.options = *options;
    otlp.closing = false;
    lbx_buf_add(&otlp.url, options->endpoint, len);
    lbx_buf_str(&otlp.url, "/v1/traces");
    write_head(options, &otlp.head);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&otlp.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&otlp.thread, NULL, run, NULL) != 0)
        abort();
    atomic_store(&is_on, true);
}

bool lbx_otlp_is_on(void) {
    return atomic_load_explicit(&is_on, memory_order_relaxed);
}

void lbx_otlp_add(const struct lbx_span *span) {
    struct lbx_buf text LBX_BUF = {0};
    if (!lbx_otlp_is_on())
        return;
    lbx_otlp_write(span, &text);
    pthread_mutex_lock(&otlp.lock);
    const bool has_room = otlp.queue.len + text.len < QUEUE_BYTES;
    if (has_room) {
        if (otlp.count++ > 0)
            lbx_buf_char(&otlp.queue, ',');
        lbx_buf_add(&otlp.queue, text.data, text.len);
        if (otlp.count == 1 || otlp.queue.len >= SOON_BYTES)
            pthread_cond_signal(&otlp.changed);
    }
    pthread_mutex_unlock(&otlp.lock);
    if (!has_room)
        lbx_metric_add(&spans_dropped, 1);
}

void lbx_otlp_stop(void) {
    if (!atomic_exchange(&is_on, false))
        return;
    pthread_mutex_lock(&otlp.lock);
    otlp.closing = true;
    pthread_cond_signal(&otlp.changed);
    pthread_mutex_unlock(&otlp.lock);
    pthread_join(otlp.thread, NULL);
    lbx_buf_done(&otlp.url);
    lbx_buf_done(&otlp.head);
}
