/* Sends spans to an OpenTelemetry collector: OTLP/HTTP, in JSON (OTLP 1.x), from a thread of its own.
 *
 * Who adds a span never waits: where the queue is full, as the collector is slow or away, the span is dropped and counted.
 */
#ifndef LBX_IO_OTLP_H
#define LBX_IO_OTLP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/metrics.h"

#include <stdbool.h>
#include <stdint.h>

enum { LBX_TRACE_ID_SIZE = 16, LBX_SPAN_ID_SIZE = 8, LBX_SPAN_ATTRIBUTES = 10 };

/* As OTLP numbers them. */
enum lbx_span_kind {
    LBX_SPAN_INTERNAL = 1,
    LBX_SPAN_SERVER = 2,
    LBX_SPAN_CLIENT = 3,
    LBX_SPAN_PRODUCER = 4,
    LBX_SPAN_CONSUMER = 5,
};

struct lbx_span {
    unsigned char trace_id[LBX_TRACE_ID_SIZE], id[LBX_SPAN_ID_SIZE];
    unsigned char parent_id[LBX_SPAN_ID_SIZE]; /* all zero: none */
    const char *trace_state;                   /* W3C's; NULL: none */
    const char *verb, *what; /* the name, with a space between; what may be NULL */
    enum lbx_span_kind kind;
    int64_t start_us, end_us; /* since the epoch */
    bool failed;
    struct lbx_span_attribute {
        const char *name, *text;       /* text NULL: it is left out */
    } attributes[LBX_SPAN_ATTRIBUTES]; /* ended by one without a name, if fewer */
};

struct lbx_otlp_options {
    const char *endpoint;                    /* spans go to its path /v1/traces */
    const char *ca_file;                     /* PEM; NULL: the system's */
    const char *worker, *version, *instance; /* instance may be empty */
};

/* Whether the endpoint is a URL that may be used: https, or http to a loopback host or where plaintext is allowed. */
bool lbx_otlp_endpoint_valid(const char *endpoint, bool allow_plaintext);

/* Begins. Options are borrowed until lbx_otlp_stop. */
void lbx_otlp_start(const struct lbx_otlp_options *options);

/* Whether it began, and did not stop. */
bool lbx_otlp_is_on(void);

/* From any thread. Nothing happens where it is not on. */
void lbx_otlp_add(const struct lbx_span *span);

/* Sends what is queued, and gives up after four seconds. */
void lbx_otlp_stop(void);

/* Ended by NULL. */
extern struct lbx_metric *const lbx_otlp_metrics[];

/* Appends the span as OTLP's JSON has it. For the tests. */
void lbx_otlp_write(const struct lbx_span *span, struct lbx_buf *out);

#endif
