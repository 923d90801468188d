/* The summary of a record: what an auditor filters by. */
#ifndef LBX_EVENT_SUMMARY_H
#define LBX_EVENT_SUMMARY_H

#include "event/envelope.h"

/* Read from any record of any topic, well-formed or not; a member is absent where the record has
 * none, or where it breaks its table's limits. Text is UTF-8 without NUL. tenant_id is read of
 * tenants.v1 and events.v1 alone, whose types have one by contract. request_id is
 * data.request_id, data.request.request_id or, of lockbox.request.* events, the subject. trace: what is valid of it. actor is the
 * id of the person who acted (voter, engineer, administrator), by the rules in summary.c. */
struct lbx_event_summary {
    const char *event_id, *source, *type, *subject;
    int64_t event_time;
    const char *tenant_id, *subscription_id, *request_id, *ticket_id;
    const char *actor;
    const char *cause_id; /* causationid */
    struct lbx_trace trace;
};

/* A longer value is not read: more than any limit a deployment sets, and than Kafka's 1 MiB. */
enum { LBX_SUMMARY_BYTES = 16 * 1024 * 1024 };

void lbx_event_summary(const struct lbx_record *record, struct lbx_arena *arena,
                       struct lbx_event_summary *ret_summary);

/* The summary, and the event as lbx_event_decode reads it, with its errors. */
enum lbx_err lbx_event_decode_with_summary(const struct lbx_record *record, struct lbx_arena *arena,
                                           struct lbx_event_summary *ret_summary,
                                           struct lbx_event *ret_event,
                                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif
