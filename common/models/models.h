/* Read models of the audit store: what records say, by what auditors ask for (schemas/db/audit).
 *
 * Each model is a function of the set of records, whatever their order and however often each comes, so
 * that the auditor, which adds them as they come, and a rebuild from the rows make the same bytes.
 * Rows are gathered per batch and written by one statement a model.
 */
#ifndef LBX_AUDIT_MODELS_H
#define LBX_AUDIT_MODELS_H

#include "event/summary.h"
#include "io/pg.h"

extern const struct lbx_sql *const *const lbx_models_statements;

/* X(member, columns): the rows gathered for one statement. */
#define LBX_MODELS(X)                                                                              \
    X(requests, 35)                                                                                \
    X(versions, 13)                                                                                \
    X(items, 17)                                                                                   \
    X(decisions, 14)                                                                               \
    X(notifications, 15)                                                                           \
    X(activities, 14)                                                                              \
    X(owners, 8)                                                                                   \
    X(accesses, 15)                                                                                \
    X(unreadable, 7)                                                                               \
    X(given, 5) /* what the items give, for judging accesses anew */                               \
    X(moved, 2) /* subscriptions that came or went, and when */

struct lbx_models {
#define LBX_MODEL_MEMBER(member, columns) struct lbx_rows member;
    LBX_MODELS(LBX_MODEL_MEMBER)
#undef LBX_MODEL_MEMBER
    size_t saved_call, judged_call; /* SIZE_MAX: none */
};

void lbx_models_init(struct lbx_models *models);
void lbx_models_done(struct lbx_models *models);

/* Whether records of a topic are projected: only then lbx_event_decode_with_summary is worth its price. */
bool lbx_models_reads(enum lbx_topic topic);

/* Adds what a record says, as lbx_event_decode_with_summary read it. reason: why it could not; it is then recorded
 * as unreadable. */
void lbx_models_add(struct lbx_models *models, const struct lbx_record *record,
                    const struct lbx_event_summary *summary, const struct lbx_event *event,
                    const char *reason);

/* The same of a row of audit.event: topic, partition, offset, timestamp in ms, key, headers and value in
 * the columns of a result. *ret_record lives in arena. LBX_ERR_INVALID: its headers are of no form that
 * the store writes. */
enum lbx_err lbx_models_add_stored(struct lbx_models *models, const struct lbx_pg *pg, size_t call,
                                   size_t row, struct lbx_arena *arena,
                                   struct lbx_record *ret_record) LBX_MUST_CHECK;

/* Adds the statements; none where nothing was added. The first waits for other transactions that write
 * what these depend on. Where the caller knows that there are none: alone. models is borrowed until the
 * round trip is over. */
void lbx_models_save(struct lbx_models *models, bool alone, struct lbx_calls *calls);

/* What the round trip found. */
struct lbx_models_found {
    int64_t violations; /* accesses without a grant */
    int64_t resolved;   /* of those found earlier: the grant came later */
    int64_t unreadable;
};

struct lbx_models_found lbx_models_read(const struct lbx_models *models, const struct lbx_pg *pg);

#endif
