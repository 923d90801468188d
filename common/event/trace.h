/* W3C Trace Context (Recommendation, 2021; keys of tracestate as in level 2): what `traceparent` and `tracestate` hold. What is
 * not of that form is dropped, and is never the event's fault. */
#ifndef LBX_EVENT_TRACE_H
#define LBX_EVENT_TRACE_H

#include "base/log.h"

#include <stdbool.h>

/* More of a tracestate is not carried: as much as the recommendation asks for. */
enum { LBX_TRACEPARENT_MAX = 128, LBX_TRACESTATE_MAX = 512 };

/* Texts that are valid, or NULL. state: NULL where parent is. */
struct lbx_trace {
    const char *parent, *state;
};

/* Whether it names a trace: version 00 in its exact form, or a later one that begins with it. NULL does not. */
bool lbx_traceparent_valid(const char *text);

/* Whether it is a list of at most 32 members, with no key twice, of at most LBX_TRACESTATE_MAX bytes. NULL is none. */
bool lbx_tracestate_valid(const char *text);

/* What may be passed on of the two; either may be NULL. A tracestate without a traceparent means nothing. */
struct lbx_trace lbx_trace_of(const char *traceparent, const char *tracestate);

/* Fields of a line of log about what belongs to a trace. */
static inline struct lbx_log_field lbx_log_traceparent(const struct lbx_trace *trace) {
    return lbx_log_optional("traceparent", trace->parent);
}
static inline struct lbx_log_field lbx_log_tracestate(const struct lbx_trace *trace) {
    return lbx_log_optional("tracestate", trace->state);
}
#define LBX_LOG_TRACE(trace) lbx_log_traceparent(trace), lbx_log_tracestate(trace)

#endif
