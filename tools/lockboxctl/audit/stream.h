/* A stream of a log's rows, each checked: its leaf hash and columns must be those of its record. */
#ifndef LOCKBOXCTL_AUDIT_STREAM_H
#define LOCKBOXCTL_AUDIT_STREAM_H

#include "event_row.h"
#include "io/pg.h"

/* A row with the result of its check. */
struct checked {
    int64_t offset;
    struct lbx_hash computed, stored; /* of the row's record; in the row's column */
    const char *wrong;                /* what is wrong, static; NULL: nothing */
    const char *bytes;                /* the row in binary form */
    size_t len;
};

struct stream {
    struct lbx_pg *pg;
    bool columns; /* the columns derived from the record are compared, too */
    struct place place;
    struct checked row;
    struct lbx_arena arena; /* of the row */
    struct lbx_buf scratch;
};

void stream_init(struct stream *stream, struct lbx_pg *pg, bool columns);
void stream_done(struct stream *stream);

/* Starts the COPY, for rows of this partition. The connection is in use until the last row. */
enum lbx_err stream_begin(struct stream *stream, const struct place *place) LBX_MUST_CHECK;

/* The next row, valid until the next call. LBX_ERR_NOT_FOUND: the end. */
enum lbx_err stream_next(struct stream *stream, const struct checked **ret_row) LBX_MUST_CHECK;

#endif
