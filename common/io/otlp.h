/* Sends spans to an OpenTelemetry collector by OTLP/HTTP in JSON (OTLP 1.x), from a thread of its own.
 *
 * Adding a span never waits. If the queue is full, because the collector is slow or down, the span is
 * dropped and counted. */
#ifndef LBX_IO_OTLP_H
#define LBX_IO_OTLP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/metrics.h"

#include <stdbool.h>
#include <stdint.h>

enum { LBX_TRACE_ID_SIZE = 16, LBX_SPAN_ID_SIZE = 8, LBX_SPAN_ATTRIBUTES = 10 };

/* Values of OTLP's SpanKind. */
enum lbx_span_kind {
    LBX_SPAN_INTERNAL = 1,
    LBX_SPAN_SERVER = 2,
    LBX_SPAN_CLIENT = 3,
    LBX_SPAN_PRODUCER = 4,
    LBX_SPAN_CONSUMER = 5,
};

struct lbx_span {
    unsigned char trace_id[LBX_TRACE_ID_SIZE], id[LBX_SPAN_ID_SIZE];
    unsigned char parent_id[LBX_SPAN_ID_SIZE]; /* all zero: a root span */
    const char *trace_state;                   /* tracestate (W3C); NULL: none */
    const char *verb, *what; /* the span's name is "verb what"; what may be NULL */
    enum lbx_span_kind kind;
    int64_t start_us, end_us; /* microseconds since the Unix epoch */
    bool failed;
    struct lbx_span_attribute {
        const char *name, *text;       /* text NULL: the attribute is left out */
    } attributes[LBX_SPAN_ATTRIBUTES]; /* ended by one without a name, unless full */
};

struct lbx_otlp_options {
    const char *endpoint;                    /* base URL; spans are posted to its path /v1/traces */
    const char *ca_file;                     /* PEM; NULL: the system's authorities */
    const char *worker, *version, *instance; /* instance may be empty */
};

/* Whether the endpoint is an allowed URL: https, or http to a loopback host, or any http where plaintext is allowed. */
bool lbx_otlp_endpoint_valid(const char *endpoint, bool allow_plaintext);

/* Starts the thread. options are borrowed until lbx_otlp_stop. */
void lbx_otlp_start(const struct lbx_otlp_options *options);

/* Whether lbx_otlp_start was called, and lbx_otlp_stop was not. */
bool lbx_otlp_is_on(void);

/* Queues a span. From any thread. Does nothing unless lbx_otlp_is_on. */
void lbx_otlp_add(const struct lbx_span *span);

/* Sends the queue, for four seconds at most, and ends the thread. */
void lbx_otlp_stop(void);

/* The metric families, ended by NULL. */
extern struct lbx_metric *const lbx_otlp_metrics[];

/* Appends the span in OTLP's JSON. For the tests. */
void lbx_otlp_write(const struct lbx_span *span, struct lbx_buf *out);

#endif
