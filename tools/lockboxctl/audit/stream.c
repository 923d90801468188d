/* Streams a log's rows by COPY. Promises to check each row: its leaf hash and columns must be
 * those of its record. A wrong row is returned with the reason. Fails as COPY. */
#include "stream.h"

#include "sql_proof_copy.h"

void stream_init(struct stream *stream, struct lbx_pg *pg, bool columns) {
    *stream = (struct stream){.pg = pg, .columns = columns};
    lbx_arena_init(&stream->arena);
}

void stream_done(struct stream *stream) {
    lbx_arena_done(&stream->arena);
    lbx_buf_done(&stream->scratch);
}

enum lbx_err stream_begin(struct stream *stream, const struct place *place) {
    stream->place = *place;
    return lbx_pg_copy_out(stream->pg,
                           stream->columns ? &sql_proof_copy_records : &sql_proof_copy_leaves);
}

static void check(struct stream *s) {
    struct checked *row = &s->row;
    struct row read;
    lbx_arena_reset(&s->arena);
    row->wrong = NULL;
    bool readable =
        row_read(&s->place, row->bytes, row->len, s->columns, &s->arena, &read, &row->wrong);
    row->offset = read.record.offset;
    row->stored = row->computed = read.leaf_hash;
    if (!readable)
        return;
    row_leaf_hash(&read, &s->scratch, &row->computed);
    if (!lbx_hash_equal(&row->computed, &row->stored))
        row->wrong = "the record is not the one that was hashed";
    else if (s->columns)
        row->wrong = row_columns_wrong(&read, &s->arena);
}

enum lbx_err stream_next(struct stream *stream, const struct checked **ret_row) {
    enum lbx_err err = lbx_pg_copy_next(stream->pg, &stream->row.bytes, &stream->row.len);
    if (err != LBX_OK)
        return err;
    check(stream);
    *ret_row = &stream->row;
    return LBX_OK;
}
