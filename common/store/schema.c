/* Compares the schema's version with this program's. A database without a version has version 0.
 * Fails as the round trip. */
#include "store/schema.h"

#include "base/time.h"
#include "schema_versions.h"
#include "sql_schema.h"

const int64_t lbx_lockbox_schema_version = LBX_LOCKBOX_SCHEMA_VERSION;
const int64_t lbx_audit_schema_version = LBX_AUDIT_SCHEMA_VERSION;

/* Prepares and runs one statement: the next one's table may not exist. */
static enum lbx_err ask(struct lbx_pg *pg, const struct lbx_sql *sql) {
    const struct lbx_sql *const list[] = {sql, NULL};
    const struct lbx_sql *const *const lists[] = {list, NULL};
    struct lbx_pg_pipeline calls = {0};
    lbx_pg_call(&calls, sql, NULL);
    enum lbx_err err = lbx_pg_prepare(pg, lists);
    return err == LBX_OK ? lbx_pg_run(pg, &calls) : err;
}

enum lbx_err lbx_schema_check(struct lbx_pg *pg, int64_t known, enum lbx_schema_fit *ret_fit,
                              int64_t *ret_found) {
    int64_t found = 0, oldest = 0;
    enum lbx_err err = ask(pg, &sql_schema_exists);
    if (err == LBX_OK && LBX_PG_READ(pg, 0, 0, schema_exists, NULL).it_does) {
        err = ask(pg, &sql_schema_version);
        if (err == LBX_OK && lbx_pg_row_count(pg, 0) == 1) {
            const struct sql_schema_version_answer it = LBX_PG_READ(pg, 0, 0, schema_version, NULL);
            found = it.version;
            oldest = it.oldest_program;
        }
    }
    if (err != LBX_OK)
        return err;
    lbx_pg_release(pg);
    *ret_found = found;
    *ret_fit = found < known    ? LBX_SCHEMA_OLDER
               : oldest > known ? LBX_SCHEMA_NEWER
                                : LBX_SCHEMA_FITS;
    return LBX_OK;
}

enum lbx_err lbx_schema_bound_check(struct lbx_pg *pg, int64_t longest_us, bool *ret_fits) {
    static const struct lbx_sql *const list[] = {&sql_schema_bound, NULL};
    static const struct lbx_sql *const *const lists[] = {list, NULL};
    struct lbx_pg_pipeline calls = {0};
    char longest[LBX_DURATION_SIZE];
    lbx_duration_format(longest_us, longest);
    size_t call = LBX_PG_CALL(&calls, schema_bound, .longest = longest);
    enum lbx_err err = lbx_pg_prepare(pg, lists);
    if (err == LBX_OK)
        err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    *ret_fits = LBX_PG_READ(pg, call, 0, schema_bound, NULL).it_does;
    lbx_pg_release(pg);
    return LBX_OK;
}
