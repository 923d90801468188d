/* Read models of the audit store: records as rows that auditors query (schemas/db/audit).
 *
 * Each model is a function of the set of records, whatever their order or repetition: the
 * auditor, which adds records as they come, and a rebuild from the stored ones make the same
 * rows. */
#ifndef LBX_AUDIT_MODELS_H
#define LBX_AUDIT_MODELS_H

#include "event/summary.h"
#include "io/pg.h"

extern const struct lbx_sql *const *const lbx_models_statements;

/* X(member): the rows of the statement common/models/sql/save_MEMBER.sql. */
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

/* Whether the models use records of a topic; otherwise lbx_event_decode_with_summary need not be called. */
bool lbx_models_reads(enum lbx_topic topic);

/* Adds a record, as lbx_event_decode_with_summary decoded it. reason: why it could not be
 * decoded; the record then becomes a row of `unreadable`. */
void lbx_models_add(struct lbx_models *models, const struct lbx_record *record,
                    const struct lbx_event_summary *summary, const struct lbx_event *event,
                    const char *reason);

/* The record of a row of audit.event, as read by LBX_PG_READ, without topic and headers. */
#define LBX_STORED_RECORD(it)                                                                      \
    (struct lbx_record) {                                                                          \
        .topic_name = (it).topic, .partition = (int32_t)(it).partition, .offset = (it).offset,     \
        .timestamp_ms = (it).timestamp_ms, .key = (it).key.data, .key_len = (it).key.len,          \
        .value = (it).raw.data, .value_len = (it).raw.len                                          \
    }

/* Adds a stored record, whose headers are still encoded. LBX_ERR_INVALID: the headers are
 * malformed. */
enum lbx_err lbx_models_add_stored(struct lbx_models *models, struct lbx_record record,
                                   struct lbx_bytes headers, struct lbx_arena *arena)
    LBX_MUST_CHECK;

/* Adds the statements; none where no rows were added. The first one waits for transactions that
 * write rows which these depend on, unless `alone` says that there are none. models is borrowed
 * until the round trip is over. */
void lbx_models_save(struct lbx_models *models, bool alone, struct lbx_pg_pipeline *calls);

/* The answers of the round trip. */
struct lbx_models_found {
    int64_t violations; /* accesses without a grant */
    int64_t resolved;   /* earlier violations whose grant came later */
    int64_t unreadable;
};

/* Reads the answers, after the round trip. */
struct lbx_models_found lbx_models_read(const struct lbx_models *models, const struct lbx_pg *pg);

#endif
