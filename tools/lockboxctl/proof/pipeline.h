/* Rows on their way from the database to whoever checks a log: one thread reads, as many as there are processors
 * hash, the caller takes the results in order.
 */
#ifndef LOCKBOXCTL_PROOF_PIPELINE_H
#define LOCKBOXCTL_PROOF_PIPELINE_H

#include "io/pg.h"
#include "rows.h"

struct pipeline;

/* What became of a row. */
struct checked {
    int64_t offset;
    struct lbx_hash computed, stored; /* of the record in the row; what the row says */
    const char *wrong;                /* NULL, or how the row is wrong, static */
    const char *bytes;                /* the row itself */
    size_t len;
};

/* columns: whether those gleaned from the record are compared, too. */
struct pipeline *pipeline_open(bool columns);
void pipeline_close(struct pipeline *pipeline);

/* Begins to read: COPY on pg, whose rows are of this place. Nothing else may use pg until the last row. */
enum lbx_err pipeline_begin(struct pipeline *pipeline, struct lbx_pg *pg, const struct place *place)
    LBX_MUST_CHECK;

/* The next row, which lives until the next call. LBX_ERR_NOT_FOUND: there are no more. */
enum lbx_err pipeline_next(struct pipeline *pipeline, const struct checked **ret_row)
    LBX_MUST_CHECK;

#endif
