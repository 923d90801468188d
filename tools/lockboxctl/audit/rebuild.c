/* audit rebuild: makes the read models again from audit.event. The auditor's statements write
 * into temporary tables with the models' names, which the session's search_path finds first;
 * these are compared, or replace the models. Promises one transaction with one snapshot. --check
 * blocks no other transaction; a rebuild holds the models' lock, which blocks the auditor. Fails
 * with the database. */
#include "commands.h"

#include "catalogue.h"
#include "database.h"
#include "models/models.h"
#include "progress.h"
#include "sql_rebuild.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const models[] = {
    "request_state", "request_version",    "grant_item", "decision",   "notification",
    "access",        "subscription_owner", "activity",   "unreadable",
};
enum { MODEL_COUNT = sizeof models / sizeof *models };

struct rebuild {
    struct ctl *ctl;
    struct lbx_pg *pg;
    struct lbx_arena arena;       /* of one chunk */
    struct lbx_pg_pipeline calls; /* large */
    struct progress progress;
};

/* ---- reading ---- */

static enum ctl_exit project(struct rebuild *r, struct lbx_models *made, size_t rows) {
    struct sql_rebuild_fetch_answer it = {0};
    for (size_t row = 0; row < rows; row++) {
        it = LBX_PG_READ(r->pg, 0, row, rebuild_fetch, &r->arena);
        if (lbx_models_add_stored(made, LBX_STORED_RECORD(it), it.headers, &r->arena) != LBX_OK)
            return ctl_fail(CTL_NO,
                            "audit.event: %s/%" PRId64 "@%" PRId64 ": its headers cannot be read",
                            it.topic, it.partition, it.offset);
    }
    if (rows)
        progress_step(&r->progress, rows, it.topic, (int32_t)it.partition);
    return CTL_DONE;
}

/* Reads and projects one chunk; *ret_more: there was one. */
static enum ctl_exit take_chunk(struct rebuild *r, bool *ret_more) {
    struct lbx_models made LBX_CLEANUP(lbx_models_done);
    lbx_models_init(&made);
    lbx_arena_reset(&r->arena);
    r->calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(&r->calls, &sql_rebuild_fetch, NULL);
    enum lbx_err err = lbx_pg_run(r->pg, &r->calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    size_t rows = lbx_pg_row_count(r->pg, 0);
    *ret_more = rows > 0;
    enum ctl_exit code = project(r, &made, rows);
    if (code != CTL_DONE)
        return code;
    r->calls = (struct lbx_pg_pipeline){0};
    lbx_models_save(&made, true, &r->calls);
    err = lbx_pg_run(r->pg, &r->calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_audit, err);
}

/* ---- comparing, putting in place ---- */

static enum ctl_exit compare(struct rebuild *r) {
    enum ctl_exit code = CTL_DONE;
    r->calls = (struct lbx_pg_pipeline){0};
    for (size_t i = 0; i < MODEL_COUNT; i++)
        LBX_PG_CALL(&r->calls, rebuild_compare, .model = models[i]);
    enum lbx_err err = lbx_pg_run(r->pg, &r->calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        if (lbx_pg_row_count(r->pg, i) == 0)
            continue;
        const struct sql_rebuild_compare_answer it =
            LBX_PG_READ(r->pg, i, 0, rebuild_compare, NULL);
        r->ctl->found += (size_t)it.rows;
        code = ctl_fail(CTL_NO, "audit.%s: %" PRId64 " rows differ, first %s: %s", models[i],
                        it.rows, it.key, it.what);
    }
    if (code == CTL_DONE)
        printf("%" PRIu64 " records: the read models are what they say\n", r->progress.done);
    return code;
}

/* Compares all models. One that is changed by a trigger, or has other columns, may compare as equal. */
static enum ctl_exit check_all(struct rebuild *r) {
    struct findings findings LBX_CLEANUP(findings_done);
    findings_init(&findings);
    enum ctl_exit code = compare(r), asked = catalogue_check(r->ctl, &findings);
    r->ctl->found += findings.count;
    for (size_t i = 0; i < findings.count; i++)
        code = ctl_fail(CTL_NO, "%s: %s", findings.list[i].topic, findings.list[i].what);
    return asked > code ? asked : code;
}

static enum ctl_exit replace(struct rebuild *r) {
    r->calls = (struct lbx_pg_pipeline){0};
    for (size_t i = 0; i < MODEL_COUNT; i++)
        LBX_PG_CALL(&r->calls, rebuild_replace, .model = models[i]);
    lbx_pg_call(&r->calls, &lbx_sql_commit, NULL);
    enum lbx_err err = lbx_pg_run(r->pg, &r->calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        const int64_t rows = LBX_PG_READ(r->pg, i, 0, rebuild_replace, NULL).rows;
        if (rows > 0)
            printf("audit.%s: %" PRId64 " rows put right\n", models[i], rows);
    }
    printf("%" PRIu64 " records: the read models are what they say\n", r->progress.done);
    return CTL_DONE;
}

/* ---- the rebuild ---- */

static enum lbx_err script(struct rebuild *r, const struct lbx_sql *text) {
    char *message LBX_FREE = NULL; /* logged as well */
    return lbx_pg_script(r->pg, text->text, &message);
}

/* Prepares the statements after the temporary tables were made, so that they refer to these. */
static enum lbx_err begin(struct rebuild *r, bool check) {
    static const struct lbx_sql *const asked[] = {&sql_rebuild_fetch, &sql_rebuild_count,
                                                  &sql_rebuild_compare, &sql_rebuild_replace, NULL};
    static const struct lbx_sql *const checked[] = {&sql_rebuild_fetch, &sql_rebuild_count,
                                                    &sql_rebuild_compare, NULL};
    const struct lbx_sql *const *const lists[] = {lbx_models_statements, check ? checked : asked,
                                                  NULL};
    enum lbx_err err = check ? LBX_OK : script(r, &sql_rebuild_lock);
    if (err == LBX_OK)
        err = script(r, &sql_rebuild_begin);
    if (err == LBX_OK)
        err = lbx_pg_prepare(r->pg, lists);
    if (err != LBX_OK)
        return err;
    r->calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(&r->calls, &sql_rebuild_count, NULL);
    err = lbx_pg_run(r->pg, &r->calls);
    progress_begin(&r->progress,
                   err == LBX_OK ? (uint64_t)LBX_PG_READ(r->pg, 0, 0, rebuild_count, NULL).records
                                 : 0);
    return err;
}

enum ctl_exit ctl_audit_rebuild(struct ctl *ctl) {
    static const struct lbx_sql *const none[] = {NULL};
    struct lbx_pg *pg CTL_PG = NULL;
    struct rebuild r = {.ctl = ctl};
    bool check = ctl->options[CTL_CHECK], more = true;
    enum ctl_exit code = ctl_connect(ctl, &ctl_audit, none, &pg);
    if (code != CTL_DONE)
        return code;
    r.pg = pg;
    enum lbx_err err = begin(&r, check);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    lbx_arena_init(&r.arena);
    while (code == CTL_DONE && more)
        code = take_chunk(&r, &more);
    lbx_arena_done(&r.arena);
    progress_end(&r.progress);
    if (code != CTL_DONE)
        return code;
    return check ? check_all(&r) : replace(&r);
}
