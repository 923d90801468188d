/* The summary of a record: the fields that an auditor filters by. */
#ifndef LBX_EVENT_SUMMARY_H
#define LBX_EVENT_SUMMARY_H

#include "event/envelope.h"

/* Read from any record of any topic, valid or not. A member is absent where the record lacks it,
 * or where it exceeds its table's limits. Text is UTF-8 without NUL. tenant_id is read in
 * tenants.v1 and events.v1 only, whose types have it. request_id is data.request_id,
 * data.request.request_id or, in lockbox.request.* events, the subject. trace: the valid parts.
 * actor: id of the person who acted (voter, engineer, administrator), by the rules in summary.c. */
struct lbx_event_summary {
    const char *event_id, *source, *type, *subject;
    int64_t event_time;
    const char *tenant_id, *subscription_id, *request_id, *ticket_id;
    const char *actor;
    const char *cause_id; /* causationid */
    struct lbx_trace trace;
};

/* The longest value that is read: above any deployment's limit, and above Kafka's default of 1 MiB. */
enum { LBX_SUMMARY_BYTES = 16 * 1024 * 1024 };

void lbx_event_summary(const struct lbx_record *record, struct lbx_arena *arena,
                       struct lbx_event_summary *ret_summary);

/* The summary, and the event of lbx_event_decode, with its errors. */
enum lbx_err lbx_event_decode_with_summary(const struct lbx_record *record, struct lbx_arena *arena,
                                           struct lbx_event_summary *ret_summary,
                                           struct lbx_event *ret_event,
                                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif
