/* OpenTelemetry spans of what workers do with events.
 *
 * Events carry traceparent unchanged (event/trace.h), so that their bytes do not depend on
 * tracing. A span's id is derived from its event: a reader of the event knows the ids of the
 * spans that wrote and published it, and becomes their child. Without a traceparent the trace id
 * is the request's id, or derived from the event. Without an OTLP endpoint all functions do
 * nothing. */
#ifndef LBX_WORKER_SPANS_H
#define LBX_WORKER_SPANS_H

#include "event/summary.h"
#include "io/otlp.h"
#include "io/settings.h"
#include "store/unit.h"

/* Checks the settings. LBX_ERR_INVALID: they are invalid; logged. */
enum lbx_err lbx_spans_check(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Starts to send spans, if the settings have an endpoint. */
void lbx_spans_start(const struct lbx_settings *settings, const char *worker);
void lbx_spans_stop(void);

static inline bool lbx_spans_are_sent(void) {
    return lbx_otlp_is_on();
}

/* The event of a span; each text may be NULL. */
struct lbx_span_of {
    const char *worker;
    enum lbx_topic topic; /* the topic it was read from, if it was */
    const char *source, *event_id, *type, *cause_id, *request_id, *ticket_id;
    int64_t version; /* of the request; 0: none */
    struct lbx_trace trace;
    int64_t start_us, end_us; /* microseconds since the Unix epoch */
    bool failed;
};

static inline struct lbx_span_of lbx_span_of_summary(const struct lbx_event_summary *summary) {
    return (struct lbx_span_of){
        .source = summary->source,
        .event_id = summary->event_id,
        .type = summary->type,
        .cause_id = summary->cause_id,
        .request_id = summary->request_id,
        .ticket_id = summary->ticket_id,
        .trace = summary->trace,
    };
}

/* Span of a record that was handled in a committed transaction. */
void lbx_span_handled(const struct lbx_span_of *of);

/* Span of an event that no event caused: a clock, or a reporter. */
void lbx_span_made(const struct lbx_span_of *of);

/* Span of an event that was published to Kafka. */
void lbx_span_published(const struct lbx_span_of *of);

/* Span of an attempt to send a mail or a webhook about an event. */
void lbx_span_told(const struct lbx_span_of *of, const char *notification_id, int64_t attempt,
                   const char *kind);

/* Span of an answered HTTP request; question is its name. */
void lbx_span_answered(const struct lbx_span_of *of, const char *question, const char *code);

/* Spans of the steps that time caused in a committed unit of work. */
void lbx_spans_of_time(const struct lbx_unit *unit, const char *worker, int64_t start_us);

#endif
