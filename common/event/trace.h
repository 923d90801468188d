/* W3C Trace Context (Recommendation, 2021; tracestate keys as in level 2): `traceparent` and
 * `tracestate`. Invalid values are dropped, and do not make the event invalid. */
#ifndef LBX_EVENT_TRACE_H
#define LBX_EVENT_TRACE_H

#include "base/log.h"

#include <stdbool.h>

/* Longest values that are passed on: those that the recommendation requires. */
enum { LBX_TRACEPARENT_MAX = 128, LBX_TRACESTATE_MAX = 512 };

/* Valid texts, or NULL. state is NULL where parent is. */
struct lbx_trace {
    const char *parent, *state;
};

/* Whether the text is a valid traceparent: version 00 in its exact form, or a later version with the same beginning. NULL is not. */
bool lbx_traceparent_valid(const char *text);

/* Whether the text is a valid tracestate: at most 32 members, no key twice, at most LBX_TRACESTATE_MAX bytes. NULL is not. */
bool lbx_tracestate_valid(const char *text);

/* The valid ones of the two, either of which may be NULL. A tracestate without a traceparent is dropped. */
struct lbx_trace lbx_trace_of(const char *traceparent, const char *tracestate);

/* Log fields for lines about an event with a trace. */
static inline struct lbx_log_field lbx_log_traceparent(const struct lbx_trace *trace) {
    return lbx_log_optional("traceparent", trace->parent);
}
static inline struct lbx_log_field lbx_log_tracestate(const struct lbx_trace *trace) {
    return lbx_log_optional("tracestate", trace->state);
}
#define LBX_LOG_TRACE(trace) lbx_log_traceparent(trace), lbx_log_tracestate(trace)

#endif
