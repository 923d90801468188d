/* project_events URL SEED CHUNK: projects the records of an audit store into its read models, so many in a
 * transaction, in an order that follows from the seed. What order they came in must not matter.
 */
#include "base/cleanup.h"
#include "models/models.h"
#include "sql_tools.h"

#include <stdio.h>
#include <stdlib.h>

LBX_DEFINE_CLEANUP(struct lbx_pg *, pg, lbx_pg_close)

static enum lbx_err project(struct lbx_pg *pg, const char *seed, const char *chunk, size_t at,
                            size_t *ret_count) {
    static struct lbx_pg_pipeline calls;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done) = {0};
    struct lbx_models models LBX_CLEANUP(lbx_models_done);
    lbx_models_init(&models);
    calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(&calls, &lbx_sql_begin, NULL);
    LBX_PG_CALL(&calls, tools_shuffled, .seed = seed, .most = chunk, .behind = (int64_t)at);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    *ret_count = lbx_pg_row_count(pg, 1);
    for (size_t row = 0; err == LBX_OK && row < *ret_count; row++) {
        const struct sql_tools_shuffled_answer it = LBX_PG_READ(pg, 1, row, tools_shuffled, &arena);
        err = lbx_models_add_stored(&models, LBX_STORED_RECORD(it), it.headers, &arena);
    }
    calls = (struct lbx_pg_pipeline){0};
    lbx_models_save(&models, false, &calls);
    lbx_pg_call(&calls, &lbx_sql_commit, NULL);
    return err == LBX_OK ? lbx_pg_run(pg, &calls) : err;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    const struct lbx_sql *const *const lists[] = {lbx_models_statements, sql_tools_all, NULL};
    struct lbx_pg *pg LBX_CLEANUP(lbx_cleanup_pg) = NULL;
    const struct lbx_pg_options options = {
        .url = argv[1], .application = "project_events", .search_path = "audit"};
    enum lbx_err err = lbx_pg_open(&options, lists, &pg);
    size_t at = 0, count = 1;
    char *message LBX_FREE = NULL; /* also logged */
    if (err ==
        LBX_OK) /* without index scans the plan looks dear enough to be compiled, each time */
        err = lbx_pg_script(pg, "SET jit = off", &message);
    while (err == LBX_OK && count > 0) {
        err = project(pg, argv[2], argv[3], at, &count);
        at += count;
    }
    printf("%zu records\n", at);
    return err == LBX_OK ? 0 : 1;
}
