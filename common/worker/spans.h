/* Spans of what workers do with events.
 *
 * An event passes a trace on as it came (event/trace.h), so that the same cause makes the same bytes whether spans are sent or not. A
 * span's id follows from what it is of: whoever has the event knows the id of the span that wrote it, and of the one that published it,
 * and is their child. Without a traceparent the trace is the request's id, or follows from the event. Where no spans are sent, nothing
 * here does anything.
 */
#ifndef LBX_WORKER_SPANS_H
#define LBX_WORKER_SPANS_H

#include "event/summary.h"
#include "io/otlp.h"
#include "io/settings.h"
#include "store/unit.h"

/* Checks the settings; LBX_ERR_INVALID, logged: they are not good. */
enum lbx_err lbx_spans_check(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Begins to send spans, where the settings ask for it. */
void lbx_spans_start(const struct lbx_settings *settings, const char *worker);
void lbx_spans_stop(void);

static inline bool lbx_spans_are_sent(void) {
    return lbx_otlp_is_on();
}

/* What a span is of; any text may be NULL. */
struct lbx_span_of {
    const char *worker;
    enum lbx_topic topic; /* that it was read of, where it was */
    const char *source, *event_id, *type, *cause_id, *request_id, *ticket_id;
    int64_t version; /* of the request; 0: none */
    struct lbx_trace trace;
    int64_t start_us, end_us; /* since the epoch */
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

/* A record that was handled: in a transaction that was committed. */
void lbx_span_handled(const struct lbx_span_of *of);

/* An event that nothing which was read made: time did, or who reports it. */
void lbx_span_made(const struct lbx_span_of *of);

/* An event that Kafka has. */
void lbx_span_published(const struct lbx_span_of *of);

/* An attempt to tell somebody of an event. */
void lbx_span_told(const struct lbx_span_of *of, const char *notification_id, int64_t attempt,
                   const char *kind);

/* An answer to a question, of that name. */
void lbx_span_answered(const struct lbx_span_of *of, const char *question, const char *code);

/* What time did in a unit of work that was committed. */
void lbx_spans_of_time(const struct lbx_unit *unit, const char *worker, int64_t start_us);

#endif
