/* A stream of a log's rows. Each is checked as it comes: its leaf hash, and its columns, are those
 * of its record. */
#ifndef LOCKBOXCTL_AUDIT_STREAM_H
#define LOCKBOXCTL_AUDIT_STREAM_H

#include "event_row.h"
#include "io/pg.h"

/* A row, and what its check found. */
struct checked {
    int64_t offset;
    struct lbx_hash computed, stored; /* of the record in the row; what the row says */
    const char *wrong;                /* NULL, or how the row is wrong, static */
    const char *bytes;                /* the row itself */
    size_t len;
};

struct stream {
    struct lbx_pg *pg;
    bool columns; /* whether the columns that are read from the record are compared, too */
    struct place place;
    struct checked row;
    struct lbx_arena arena; /* of the row */
    struct lbx_buf scratch;
};

void stream_init(struct stream *stream, struct lbx_pg *pg, bool columns);
void stream_done(struct stream *stream);

/* Begins to read: COPY, whose rows are of this place. Nothing else may use the connection until the
 * last row. */
enum lbx_err stream_begin(struct stream *stream, const struct place *place) LBX_MUST_CHECK;

/* The next row, which lives until the next call. LBX_ERR_NOT_FOUND: there are no more. */
enum lbx_err stream_next(struct stream *stream, const struct checked **ret_row) LBX_MUST_CHECK;

#endif
