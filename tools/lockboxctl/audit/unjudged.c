/* Finds decisions without a verdict in the logs of decisions, in pages; the operational database
 * says which of them were quarantined or skipped. Promises to look at each decision older than
 * 15 s, without changing anything. Fails with either database. */
#include "unjudged.h"

#include "database.h"
#include "sql_ctl.h"
#include "sql_proof.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PAGE = 10000 };

struct log {
    const char *topic;
    int64_t partition, behind;
};

struct candidate {
    int64_t offset;
    const char *event_id, *request_id;
    bool is_set_aside;
};

struct search {
    struct ctl *ctl;
    struct lbx_pg *told, *decided;
    struct ctl_rows *rows;
};

static enum ctl_exit run(struct lbx_pg *pg, const struct ctl_database *database,
                         struct lbx_pg_pipeline *calls) {
    lbx_pg_release(pg);
    enum lbx_err err = lbx_pg_run(pg, calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(database, err);
}

static const char *keep(struct search *s, const char *text) {
    return text ? lbx_arena_strdup(&s->ctl->arena, text) : NULL;
}

/* Candidates are in the order of their offsets. */
static int by_offset(const void *key, const void *member) {
    const int64_t offset = *(const int64_t *)key;
    const struct candidate *it = member;
    return (offset > it->offset) - (offset < it->offset);
}

static enum ctl_exit mark_set_aside(struct search *s, const struct log *log,
                                    struct candidate *found, size_t count) {
    struct lbx_pg_arrays places LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    for (size_t i = 0; i < count; i++)
        LBX_PG_ADD(&places, ctl_set_aside_given, .topic = log->topic, .partition = log->partition,
                   .offset = found[i].offset);
    LBX_PG_CALL(&calls, ctl_set_aside, .given = &places);
    enum ctl_exit code = run(s->decided, &ctl_lockbox, &calls);
    for (size_t i = 0; code == CTL_DONE && i < lbx_pg_row_count(s->decided, 0); i++) {
        const struct sql_ctl_set_aside_answer it =
            LBX_PG_READ(s->decided, 0, i, ctl_set_aside, NULL);
        struct candidate *at = bsearch(&it.offset, found, count, sizeof *found, by_offset);
        if (at)
            at->is_set_aside = true;
    }
    return code;
}

static enum ctl_exit report(struct search *s, const struct log *log, struct candidate *found,
                            size_t count) {
    enum ctl_exit code = count ? mark_set_aside(s, log, found, count) : CTL_DONE;
    for (size_t i = 0; code == CTL_DONE && i < count; i++)
        if (!found[i].is_set_aside)
            ctl_rows_add(
                s->rows,
                (const char *[]){found[i].request_id, "decision without a verdict", NULL,
                                 lbx_arena_printf(&s->ctl->arena, "%s, %s/%" PRId64 "/%" PRId64,
                                                  found[i].event_id, log->topic, log->partition,
                                                  found[i].offset)});
    return code;
}

/* Reads the page behind *after, which becomes its last record's offset. */
static enum ctl_exit look_at_page(struct search *s, const struct log *log, int64_t *after) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, proof_unjudged, .topic = log->topic, .partition = log->partition,
                .after = *after, .most = PAGE);
    enum ctl_exit code = run(s->told, &ctl_audit, &calls);
    if (code != CTL_DONE)
        return code;
    const size_t count = lbx_pg_row_count(s->told, 0) - 1;
    struct candidate *found = LBX_ARENA_ARRAY(&s->ctl->arena, struct candidate, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct sql_proof_unjudged_answer it =
            LBX_PG_READ(s->told, 0, i, proof_unjudged, NULL);
        found[i] = (struct candidate){.offset = it.offset,
                                      .event_id = keep(s, it.event_id),
                                      .request_id = keep(s, it.request_id)};
    }
    *after = LBX_PG_READ(s->told, 0, count, proof_unjudged, NULL).offset;
    return report(s, log, found, count);
}

static enum ctl_exit look_at_log(struct search *s, const struct log *log) {
    enum ctl_exit code = CTL_DONE;
    for (int64_t after = -1; code == CTL_DONE && after < log->behind - 1;) {
        const int64_t before = after;
        code = look_at_page(s, log, &after);
        if (after <= before)
            break;
    }
    return code;
}

enum ctl_exit ctl_unjudged(struct ctl *ctl, struct lbx_pg *told, struct lbx_pg *decided,
                           struct ctl_rows *rows) {
    struct search s = {.ctl = ctl, .told = told, .decided = decided, .rows = rows};
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_call(&calls, &sql_proof_decision_logs, NULL);
    enum ctl_exit code = run(told, &ctl_audit, &calls);
    const size_t count = code == CTL_DONE ? lbx_pg_row_count(told, 0) : 0;
    struct log *logs = LBX_ARENA_ARRAY(&ctl->arena, struct log, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct sql_proof_decision_logs_answer it =
            LBX_PG_READ(told, 0, i, proof_decision_logs, NULL);
        logs[i] = (struct log){keep(&s, it.topic), it.partition, it.behind};
    }
    for (size_t i = 0; code == CTL_DONE && i < count; i++)
        code = look_at_log(&s, &logs[i]);
    return code;
}
