/* COPY in both directions, in PostgreSQL's binary form. Leaves pipeline mode while it runs, and
 * enters it again at the end. Fails as lbx_pg_run; a COPY that failed is logged once, by its
 * statement's name. */
#include "io/pg_session.h"

#include <string.h>

enum lbx_err lbx_pg_copy_begin(struct lbx_pg *pg, const struct lbx_sql *copy) {
    PGresult *result LBX_CLEANUP(lbx_cleanup_result) = lbx_pg_ask(pg, copy->text);
    pg->copying = copy->name;
    if (PQresultStatus(result) == PGRES_COPY_IN)
        return LBX_OK;
    enum lbx_err err = lbx_pg_failed(pg, result, copy->name);
    lbx_pg_rollback(pg);
    return err;
}

enum lbx_err lbx_pg_copy_add(struct lbx_pg *pg, const void *bytes, size_t len) {
    lbx_pg_begin_wait(pg, true);
    return lbx_pg_alive(pg) && PQputCopyData(pg->conn, bytes, (int)len) == 1 && lbx_pg_flush(pg)
               ? LBX_OK
               : lbx_pg_failed(pg, NULL, pg->copying);
}

enum lbx_err lbx_pg_copy_end(struct lbx_pg *pg) {
    enum lbx_err err = LBX_OK;
    lbx_pg_begin_wait(pg, true);
    if (!lbx_pg_alive(pg) || PQputCopyEnd(pg->conn, NULL) != 1)
        return lbx_pg_failed(pg, NULL, pg->copying);
    for (PGresult *end; (end = lbx_pg_next(pg)); PQclear(end))
        if (PQresultStatus(end) != PGRES_COMMAND_OK && err == LBX_OK)
            err = lbx_pg_failed(pg, end, pg->copying);
    if (pg->lost)
        return lbx_pg_failed(pg, NULL, pg->copying);
    PQenterPipelineMode(pg->conn);
    if (err != LBX_OK)
        lbx_pg_rollback(pg);
    return err;
}

enum lbx_err lbx_pg_copy_out(struct lbx_pg *pg, const struct lbx_sql *copy) {
    PGresult *result LBX_CLEANUP(lbx_cleanup_result) = lbx_pg_ask(pg, copy->text);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        return lbx_pg_failed(pg, result, copy->name);
    pg->copy = copy;
    pg->copy_begun = false;
    return LBX_OK;
}

/* Reads the end of COPY TO STDOUT. LBX_ERR_NOT_FOUND: it succeeded. */
static enum lbx_err end_copy_out(struct lbx_pg *pg) {
    enum lbx_err err = LBX_ERR_NOT_FOUND;
    for (PGresult *end; (end = lbx_pg_next(pg)); PQclear(end))
        if (PQresultStatus(end) != PGRES_COMMAND_OK && err == LBX_ERR_NOT_FOUND)
            err = lbx_pg_failed(pg, end, pg->copy->name);
    if (pg->lost)
        return lbx_pg_failed(pg, NULL, pg->copy->name);
    PQenterPipelineMode(pg->conn);
    return err;
}

enum lbx_err lbx_pg_copy_next(struct lbx_pg *pg, const char **ret_row, size_t *ret_len) {
    enum { HEADER = 19 }; /* bytes before the first row, without an extension */
    for (;;) {
        PQfreemem(pg->copy_row);
        pg->copy_row = NULL;
        int len;
        lbx_pg_begin_wait(pg, false);
        while ((len = PQgetCopyData(pg->conn, &pg->copy_row, 1)) == 0)
            if (!lbx_pg_await_more(pg))
                return lbx_pg_failed(pg, NULL, pg->copy->name);
        if (len == -1)
            return end_copy_out(pg);
        int skip = pg->copy_begun ? 0 : HEADER;
        if (len < skip + 2)
            return lbx_pg_failed(pg, NULL, pg->copy->name);
        pg->copy_begun = true;
        *ret_row = pg->copy_row + skip;
        *ret_len = (size_t)(len - skip);
        if (memcmp(*ret_row, "\xFF\xFF", 2) != 0) /* the trailer is not a row */
            return LBX_OK;
    }
}
