/* Queries the database for one verifier, and streams a log's rows to a checker. Fails by setting
 * the verifier's exit code; no further query is sent then. */
#include "verifier.h"

#include "sql_proof.h"

enum { SHOWN_EVERY = 4096 };

bool verifier_ask(struct verifier *verifier, struct lbx_pg *pg, const struct lbx_sql *sql,
                  const void *params) {
    if (verifier->code == CTL_DONE)
        verifier->code = proof_ask(pg, sql, params);
    return verifier->code == CTL_DONE;
}

static void show(struct verifier *verifier, const struct log *log) {
    progress_step(&verifier->shared->progress, verifier->unshown, log->topic, log->partition);
    verifier->unshown = 0;
}

void verifier_each_row(struct verifier *verifier, const struct log *log, int64_t first,
                       int64_t behind, void (*take)(void *context, const struct checked *row),
                       void *context) {
    const struct place place = {lbx_topic_of(log->topic, NULL), log->topic, log->partition};
    const struct checked *row;
    if (!VERIFIER_ASK(verifier, verifier->rows, proof_scope, .topic = log->topic,
                      .partition = log->partition, .first = first, .behind = behind))
        return;
    enum lbx_err err = stream_begin(&verifier->stream, &place);
    while (err == LBX_OK && (err = stream_next(&verifier->stream, &row)) == LBX_OK) {
        verifier->counts.records++;
        if (++verifier->unshown == SHOWN_EVERY)
            show(verifier, log);
        if (row->wrong)
            FIND(verifier, log, row->offset, "%s", row->wrong);
        if (verifier->code == CTL_DONE)
            take(context, row);
    }
    show(verifier, log);
    if (err != LBX_ERR_NOT_FOUND && verifier->code == CTL_DONE)
        verifier->code = ctl_statement_failed(&ctl_audit, err);
}
