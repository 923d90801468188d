/* audit reconcile: compares events.v1 with the operational database, request by request, and
 * finds decisions without a verdict. Promises to compare each request of both sides, in pages,
 * without changing anything. Differences are checked again for some seconds, as events may be on
 * their way. Fails with exit code 1 where a difference stays. */
#include "commands.h"

#include "database.h"
#include "sql_ctl.h"
#include "sql_proof.h"
#include "unjudged.h"

#include "base/clock.h"
#include "base/map.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAGE = 1000, PATIENCE_S = 15 };

static const struct lbx_sql *const decided_statements[] = {&sql_ctl_decided_ids, &sql_ctl_decided,
                                                           &sql_ctl_set_aside, NULL};
static const struct lbx_sql *const told_statements[] = {
    &sql_proof_told_ids, &sql_proof_told, &sql_proof_decision_logs, &sql_proof_unjudged, NULL};

static const struct ctl_column columns[] = {
    {"request_id"}, {"what"}, {"decided", CTL_CELL_STATE}, {"told", CTL_CELL_STATE}};

/* The state of a request on one side. */
struct side {
    int64_t version; /* 0: not there */
    const char *state, *access;
};

struct pair {
    const char *id;
    struct side decided, told;
};

struct agreement {
    struct ctl *ctl;
    struct lbx_pg *decided, *told;
    struct ctl_rows differences;
    struct lbx_arena page;     /* of the current page */
    struct lbx_pg_arrays left; /* ids with a difference in the last comparison */
    bool only_told;            /* only requests of the audit store; the database's are done */
};

static const char *keep(struct agreement *a, const char *text) {
    return text ? lbx_arena_strdup(&a->page, text) : NULL;
}

static struct pair *pair_of(struct agreement *a, struct lbx_map *pairs, const char *id) {
    struct pair *pair = lbx_map_get(pairs, id);
    if (!pair) {
        pair = LBX_ARENA_NEW(&a->page, struct pair);
        *pair = (struct pair){.id = keep(a, id)};
        lbx_map_set(pairs, pair->id, pair);
    }
    return pair;
}

/* ---- asking ---- */

static enum ctl_exit run(struct lbx_pg *pg, const struct ctl_database *database,
                         struct lbx_pg_pipeline *calls) {
    lbx_pg_release(pg);
    enum lbx_err err = lbx_pg_run(pg, calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(database, err);
}

/* Reads the audit store first, so that a later decision is no difference. */
static enum ctl_exit look(struct agreement *a, struct lbx_pg_arrays *ids, struct lbx_map *pairs) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, proof_told, .ids = ids);
    enum ctl_exit code = run(a->told, &ctl_audit, &calls);
    for (size_t i = 0; code == CTL_DONE && i < lbx_pg_row_count(a->told, 0); i++) {
        const struct sql_proof_told_answer it = LBX_PG_READ(a->told, 0, i, proof_told, NULL);
        pair_of(a, pairs, it.request_id)->told =
            (struct side){it.version, keep(a, it.state), keep(a, it.access)};
    }
    if (code != CTL_DONE)
        return code;
    calls = (struct lbx_pg_pipeline){0};
    LBX_PG_CALL(&calls, ctl_decided, .ids = ids);
    code = run(a->decided, &ctl_lockbox, &calls);
    for (size_t i = 0; code == CTL_DONE && i < lbx_pg_row_count(a->decided, 0); i++) {
        const struct sql_ctl_decided_answer it = LBX_PG_READ(a->decided, 0, i, ctl_decided, NULL);
        pair_of(a, pairs, it.request_id)->decided =
            (struct side){it.version, keep(a, it.state), keep(a, it.access)};
    }
    return code;
}

/* ---- comparing ---- */

static bool same(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* How the two sides differ. NULL: they agree. */
static const char *difference(const struct pair *pair) {
    const struct side *decided = &pair->decided, *told = &pair->told;
    if (told->version > decided->version)
        return "told, never decided";
    if (decided->version > told->version)
        return "decided, never told";
    if (!same(decided->state, told->state))
        return "told otherwise";
    return same(decided->access, told->access) ? NULL : "access told otherwise";
}

static const char *side_text(struct agreement *a, const struct side *side, bool access) {
    if (!side->version)
        return NULL;
    return access
               ? lbx_arena_printf(&a->ctl->arena, "%s", side->access ? side->access : "no access")
               : lbx_arena_printf(&a->ctl->arena, "version %lld, %s", (long long)side->version,
                                  side->state);
}

static void report(struct agreement *a, const struct pair *pair, const char *what) {
    const bool access = strncmp(what, "access", strlen("access")) == 0;
    ctl_rows_add(&a->differences, (const char *[]){lbx_arena_strdup(&a->ctl->arena, pair->id), what,
                                                   side_text(a, &pair->decided, access),
                                                   side_text(a, &pair->told, access)});
}

/* Adds ids with a difference to *ret_left, or reports them, if this is the last comparison. */
static void compare(struct agreement *a, const struct lbx_map *pairs, bool last,
                    struct lbx_pg_arrays *ret_left) {
    LBX_MAP_EACH(pairs, entry) {
        const struct pair *pair = entry->value;
        const bool seen = a->only_told && pair->decided.version;
        const char *what = seen ? NULL : difference(pair);
        if (what && last)
            report(a, pair, what);
        else if (what)
            lbx_pg_array_text(ret_left, pair->id);
    }
}

static enum ctl_exit look_and_compare(struct agreement *a, struct lbx_pg_arrays *ids, bool last,
                                      struct lbx_pg_arrays *ret_left) {
    struct lbx_map pairs;
    lbx_map_init(&pairs, &a->page);
    enum ctl_exit code = look(a, ids, &pairs);
    if (code == CTL_DONE)
        compare(a, &pairs, last, ret_left);
    lbx_arena_reset(&a->page);
    return code;
}

/* Compares again until there is no difference, or the time is over. */
static enum ctl_exit settle(struct agreement *a) {
    const int64_t until_us = lbx_monotonic_us() + PATIENCE_S * LBX_SECOND_US;
    enum ctl_exit code = CTL_DONE;
    a->only_told = false;
    while (code == CTL_DONE && lbx_pg_arrays_count(&a->left) > 0) {
        struct lbx_pg_arrays left = {0};
        const bool last = lbx_monotonic_us() >= until_us;
        code = look_and_compare(a, &a->left, last, &left);
        lbx_pg_arrays_done(&a->left);
        a->left = left;
        if (!last)
            (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
    return code;
}

/* ---- pages ---- */

static const char *id_of(const struct agreement *a, size_t i) {
    return a->only_told ? LBX_PG_READ(a->told, 0, i, proof_told_ids, NULL).request_id
                        : LBX_PG_READ(a->decided, 0, i, ctl_decided_ids, NULL).request_id;
}

/* Reads a page of ids behind *after, which becomes the last one. */
static enum ctl_exit read_page(struct agreement *a, const char **after, struct lbx_pg_arrays *ids) {
    struct lbx_pg *pg = a->only_told ? a->told : a->decided;
    struct lbx_pg_pipeline calls = {0};
    if (a->only_told)
        LBX_PG_CALL(&calls, proof_told_ids, .after = *after, .most = PAGE);
    else
        LBX_PG_CALL(&calls, ctl_decided_ids, .after = *after, .most = PAGE);
    enum ctl_exit code = run(pg, a->only_told ? &ctl_audit : &ctl_lockbox, &calls);
    size_t count = code == CTL_DONE ? lbx_pg_row_count(pg, 0) : 0;
    for (size_t i = 0; i < count; i++)
        lbx_pg_array_text(ids, id_of(a, i));
    if (count)
        *after = lbx_arena_strdup(&a->ctl->arena, id_of(a, count - 1));
    return code;
}

static enum ctl_exit each_page(struct agreement *a, const char *after) {
    for (;;) {
        struct lbx_pg_arrays ids LBX_CLEANUP(lbx_pg_arrays_done) = {0};
        enum ctl_exit code = read_page(a, &after, &ids);
        if (code != CTL_DONE || lbx_pg_arrays_count(&ids) == 0)
            return code;
        code = look_and_compare(a, &ids, false, &a->left);
        if (code != CTL_DONE)
            return code;
    }
}

static enum ctl_exit compare_all(struct agreement *a) {
    enum ctl_exit code = each_page(a, "00000000-0000-0000-0000-000000000000");
    a->only_told = true;
    if (code == CTL_DONE)
        code = each_page(a, "");
    return code == CTL_DONE ? settle(a) : code;
}

enum ctl_exit ctl_audit_reconcile(struct ctl *ctl) {
    struct lbx_pg *decided CTL_PG = NULL, *told CTL_PG = NULL;
    enum ctl_exit code = ctl_connect(ctl, &ctl_lockbox, decided_statements, &decided);
    if (code == CTL_DONE)
        code = ctl_connect(ctl, &ctl_audit, told_statements, &told);
    if (code != CTL_DONE)
        return code;
    struct agreement a = {.ctl = ctl, .decided = decided, .told = told};
    lbx_arena_init(&a.page);
    CTL_ROWS_INIT(&a.differences, columns);
    code = compare_all(&a);
    if (code == CTL_DONE)
        code = ctl_unjudged(ctl, told, decided, &a.differences);
    const size_t found = a.differences.row_count;
    ctl->found = found;
    if (code == CTL_DONE && !found && ctl->format == CTL_TABLE)
        puts("what was told is what was decided");
    else if (code == CTL_DONE)
        ctl_rows_print(&a.differences, ctl->format);
    ctl_rows_done(&a.differences);
    lbx_pg_arrays_done(&a.left);
    lbx_arena_done(&a.page);
    return code == CTL_DONE && found ? CTL_NO : code;
}
