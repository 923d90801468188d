#include "check.h"

#include "sql_proof.h"

enum { SHOWN_EVERY = 4096 };

bool lane_ask(struct lane *lane, struct lbx_pg *pg, const struct lbx_sql *sql, int param_count,
              const char *const *params) {
    if (lane->code == CTL_DONE)
        lane->code = proof_ask(pg, sql, param_count, params);
    return lane->code == CTL_DONE;
}

static void show(struct lane *lane, const struct log *log) {
    progress_step(&lane->v->progress, lane->unshown, log->topic, log->partition);
    lane->unshown = 0;
}

void lane_each_row(struct lane *lane, const struct log *log, int64_t first, int64_t behind,
                   void (*take)(void *context, const struct checked *row), void *context) {
    const struct place place = {lbx_topic_of(log->topic, lane->v->ctl->settings.topic_prefix),
                                log->topic, log->partition};
    const struct checked *row;
    const char *scope[] = {log->topic, number_text(&lane->arena, log->partition),
                           number_text(&lane->arena, first), number_text(&lane->arena, behind)};
    if (!lane_ask(lane, lane->rows, &sql_proof_scope, 4, scope))
        return;
    enum lbx_err err = stream_begin(&lane->stream, &place);
    while (err == LBX_OK && (err = stream_next(&lane->stream, &row)) == LBX_OK) {
        lane->tally.records++;
        if (++lane->unshown == SHOWN_EVERY)
            show(lane, log);
        if (row->wrong)
            FIND(lane, log, row->offset, "%s", row->wrong);
        if (lane->code == CTL_DONE)
            take(context, row);
    }
    show(lane, log);
    if (err != LBX_ERR_NOT_FOUND && lane->code == CTL_DONE)
        lane->code = ctl_statement_failed(&ctl_audit, err);
}
