/* Makes spans. A span's id is a hash of its event and worker; its parent is the span that wrote
 * or published the event. Cannot fail: a span that cannot be sent is dropped (io/otlp.h), as is
 * one of a trace that is not sampled. */
#include "worker/spans.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"
#include "io/fetch.h"
#include "io/hash.h"
#include "version/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OUR_SOURCE "/lockbox/"

/* ---- life ---- */

enum lbx_err lbx_spans_check(const struct lbx_settings *settings) {
    static const char setting[] = "LOCKBOX_OTLP_ENDPOINT";
    const char *why;
    if (!settings->otlp_endpoint[0])
        return LBX_OK;
    if (lbx_otlp_endpoint_valid(settings->otlp_endpoint, settings->allow_plaintext))
        return lbx_fetch_load(&why) == LBX_OK ? LBX_OK : lbx_settings_refuse(setting, why);
    return lbx_settings_refuse(setting,
                               "takes an address that begins with https://, or http:// to this "
                               "machine or with LOCKBOX_ALLOW_PLAINTEXT=yes");
}

void lbx_spans_start(const struct lbx_settings *settings, const char *worker) {
    if (!settings->otlp_endpoint[0])
        return;
    lbx_otlp_start(&(struct lbx_otlp_options){
        .endpoint = settings->otlp_endpoint,
        .ca_file = settings->otlp_ca_file[0] ? settings->otlp_ca_file : NULL,
        .worker = worker,
        .version = lbx_version,
        .instance = settings->instance,
    });
}

void lbx_spans_stop(void) {
    lbx_otlp_stop();
}

/* ---- ids ---- */

static void hash_of(const char *const *names, unsigned char *ret_id, size_t len) {
    unsigned char hash[LBX_SHA256_SIZE];
    struct lbx_buf bytes LBX_BUF = {0};
    for (; *names; names++)
        lbx_buf_field_str(&bytes, *names);
    lbx_sha256(bytes.data, bytes.len, hash);
    memcpy(ret_id, hash, len);
    ret_id[0] |= 1; /* an id of zeros is invalid */
}

static void span_id(const char *verb, const char *worker, const char *id,
                    unsigned char ret_id[LBX_SPAN_ID_SIZE]) {
    hash_of((const char *const[]){"span", verb, worker, id ? id : "", NULL}, ret_id,
            LBX_SPAN_ID_SIZE);
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads hex digits, and skips `-` between them. False: too few. */
static bool read_hex(const char *text, unsigned char *ret_bytes, size_t len) {
    for (size_t i = 0; i < 2 * len; text++) {
        const int value = digit(*text);
        if (*text == '-')
            continue;
        if (value < 0)
            return false;
        ret_bytes[i / 2] = (unsigned char)(i % 2 ? ret_bytes[i / 2] | value : value << 4);
        i++;
    }
    return true;
}

/* Sets the trace of a span. False: the trace is not sampled. */
static bool set_trace(const struct lbx_span_of *of, struct lbx_span *span) {
    enum { TRACE_AT = 3, FLAGS_AT = 53 };
    unsigned char flags = 1;
    span->trace_state = of->trace.state;
    if (of->trace.parent)
        return read_hex(of->trace.parent + TRACE_AT, span->trace_id, LBX_TRACE_ID_SIZE) &&
               read_hex(of->trace.parent + FLAGS_AT, &flags, 1) && flags & 1;
    if (!of->request_id || !lbx_uuid_valid(of->request_id) ||
        !read_hex(of->request_id, span->trace_id, LBX_TRACE_ID_SIZE))
        hash_of((const char *const[]){"trace", of->source ? of->source : "",
                                      of->event_id ? of->event_id : "", NULL},
                span->trace_id, LBX_TRACE_ID_SIZE);
    return true;
}

/* "/lockbox/relay" → "relay", "/lockbox/authorizer/one" → "authorizer". False: another source. */
static bool worker_of(const char *source, char ret_worker[32]) {
    if (!source || strncmp(source, OUR_SOURCE, sizeof OUR_SOURCE - 1) != 0)
        return false;
    const char *name = source + sizeof OUR_SOURCE - 1;
    snprintf(ret_worker, 32, "%.*s", (int)strcspn(name, "/"), name);
    return true;
}

/* The id of the span that wrote an event of ours. False: the event is not ours. */
static bool writer_id(const struct lbx_span_of *of, unsigned char ret_id[LBX_SPAN_ID_SIZE]) {
    char worker[32];
    if (!worker_of(of->source, worker))
        return false;
    span_id(of->cause_id ? "handle" : "make", worker, of->cause_id ? of->cause_id : of->event_id,
            ret_id);
    return true;
}

/* Sets the parent id of the incoming traceparent, if there is one. */
static void set_parent_outside(const struct lbx_span_of *of, struct lbx_span *span) {
    enum { PARENT_AT = 36 };
    if (of->trace.parent &&
        !read_hex(of->trace.parent + PARENT_AT, span->parent_id, LBX_SPAN_ID_SIZE))
        memset(span->parent_id, 0, sizeof span->parent_id);
}

/* ---- spans ---- */

static void send(const struct lbx_span_of *of, struct lbx_span *span) {
    char version[24];
    snprintf(version, sizeof version, "%" PRId64, of->version);
    size_t at = 0;
    while (at < LBX_SPAN_ATTRIBUTES && span->attributes[at].name)
        at++;
    const struct lbx_span_attribute common[] = {
        {"lockbox.event.type", of->type},
        {"lockbox.event.id", of->event_id},
        {"lockbox.request.id", of->request_id},
        {"lockbox.request.version", of->version ? version : NULL},
        {"lockbox.ticket.id", of->ticket_id},
    };
    for (size_t i = 0; i < sizeof common / sizeof *common && at < LBX_SPAN_ATTRIBUTES; i++)
        if (common[i].text)
            span->attributes[at++] = common[i];
    span->what = span->what ? span->what : of->type;
    span->start_us = of->start_us;
    span->end_us = of->end_us;
    span->failed = of->failed;
    lbx_otlp_add(span);
}

void lbx_span_handled(const struct lbx_span_of *of) {
    struct lbx_span span = {.verb = "handle", .kind = LBX_SPAN_CONSUMER};
    if (!lbx_spans_are_sent() || !set_trace(of, &span))
        return;
    span_id("handle", of->worker, of->event_id, span.id);
    if (of->topic == LBX_TOPIC_EVENTS)
        span_id("publish", "relay", of->event_id, span.parent_id);
    else if (!writer_id(of, span.parent_id))
        set_parent_outside(of, &span);
    send(of, &span);
}

void lbx_span_made(const struct lbx_span_of *of) {
    struct lbx_span span = {.verb = "make", .kind = LBX_SPAN_INTERNAL};
    if (!lbx_spans_are_sent() || !set_trace(of, &span))
        return;
    span_id("make", of->worker, of->event_id, span.id);
    set_parent_outside(of, &span);
    send(of, &span);
}

void lbx_span_published(const struct lbx_span_of *of) {
    struct lbx_span span = {.verb = "publish", .kind = LBX_SPAN_PRODUCER};
    if (!lbx_spans_are_sent() || !set_trace(of, &span))
        return;
    span_id("publish", of->worker, of->event_id, span.id);
    if (!writer_id(of, span.parent_id))
        set_parent_outside(of, &span);
    send(of, &span);
}

void lbx_span_told(const struct lbx_span_of *of, const char *notification_id, int64_t attempt,
                   const char *kind) {
    struct lbx_span span = {.verb = "tell",
                            .what = kind,
                            .kind = LBX_SPAN_CLIENT,
                            .attributes = {{"lockbox.notification.id", notification_id}}};
    char number[24];
    if (!lbx_spans_are_sent() || !set_trace(of, &span))
        return;
    snprintf(number, sizeof number, "%" PRId64, attempt);
    span.attributes[1] = (struct lbx_span_attribute){"lockbox.notification.attempt", number};
    hash_of((const char *const[]){"span", "tell", notification_id, number, NULL}, span.id,
            LBX_SPAN_ID_SIZE);
    span_id("handle", of->worker, of->event_id, span.parent_id);
    send(of, &span);
}

void lbx_span_answered(const struct lbx_span_of *of, const char *question, const char *code) {
    struct lbx_span span = {.verb = "answer",
                            .what = question,
                            .kind = LBX_SPAN_SERVER,
                            .attributes = {{"lockbox.refusal", code ? code : "none"}}};
    if (!lbx_spans_are_sent() || !set_trace(of, &span))
        return;
    if (!of->trace.parent && !of->request_id) /* a trace of its own */
        lbx_random_bytes(span.trace_id, sizeof span.trace_id);
    lbx_random_bytes(span.id, sizeof span.id);
    set_parent_outside(of, &span);
    send(of, &span);
}

void lbx_spans_of_time(const struct lbx_unit *unit, const char *worker, int64_t start_us) {
    if (!lbx_spans_are_sent())
        return;
    for (const struct lbx_published_step *step = unit->steps; step; step = step->next)
        if (!step->cause)
            lbx_span_made(&(struct lbx_span_of){
                .worker = worker,
                .event_id = step->event_id,
                .type = lbx_event_type_info(step->type)->name,
                .request_id = step->request_id,
                .ticket_id = step->ticket_id,
                .version = step->version,
                .trace = step->trace,
                .start_us = start_us,
                .end_us = lbx_realtime_us(),
            });
}
