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

/* X(member): the rows gathered for the statement that saves them, common/models/sql/save_MEMBER.sql. */
#define LBX_MODELS(X)                                                                              \
    X(requests)                                                                                    \
    X(versions)                                                                                    \
    X(items)                                                                                       \
    X(decisions)                                                                                   \
    X(notifications)                                                                               \
    X(activities)                                                                                  \
    X(owners)                                                                                      \
    X(accesses)                                                                                    \
    X(unreadable)

struct lbx_models {
#define LBX_MODEL_MEMBER(member) struct lbx_pg_arrays member;
    LBX_MODELS(LBX_MODEL_MEMBER)
#undef LBX_MODEL_MEMBER
    size_t saved_call, judged_call;
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

/* The record of a row of audit.event, as LBX_PG_READ read it, but for its topic and headers. */
#define LBX_STORED_RECORD(it)                                                                      \
    (struct lbx_record) {                                                                          \
        .topic_name = (it).topic, .partition = (int32_t)(it).partition, .offset = (it).offset,     \
        .timestamp_ms = (it).timestamp_ms, .key = (it).key.data, .key_len = (it).key.len,          \
        .value = (it).raw.data, .value_len = (it).raw.len                                          \
    }

/* The same of a stored record, whose headers are yet to be decoded. LBX_ERR_INVALID: they are of no form that the
 * store writes. */
enum lbx_err lbx_models_add_stored(struct lbx_models *models, struct lbx_record record,
                                   struct lbx_bytes headers, struct lbx_arena *arena)
    LBX_MUST_CHECK;

/* Adds the statements; none where nothing was added. The first waits for other transactions that write
 * what these depend on. Where the caller knows that there are none: alone. models is borrowed until the
 * round trip is over. */
void lbx_models_save(struct lbx_models *models, bool alone, struct lbx_pg_pipeline *calls);

/* What the round trip found. */
struct lbx_models_found {
    int64_t violations; /* accesses without a grant */
    int64_t resolved;   /* of those found earlier: the grant came later */
    int64_t unreadable;
};

struct lbx_models_found lbx_models_read(const struct lbx_models *models, const struct lbx_pg *pg);

#endif
