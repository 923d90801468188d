/* Checks a whole log leaf by leaf, in the order of offsets. Promises one finding for a
 * difference: if a tile or a kept leaf hash contradicts a row, that is a finding, and the tree
 * continues with the tile's hash, so that head and checkpoints do not report it again. Cannot
 * fail; findings are kept by findings.h. */
#include "check.h"

#include "checkpoint_cursor.h"
#include "kafka_compare.h"
#include "published.h"
#include "tile_reader.h"
#include "witnessed.h"

#include <inttypes.h>
#include <stdio.h>

struct check {
    struct verifier *verifier;
    const struct log *log;

    struct lbx_edge edge;   /* of the leaves up to the last full tile */
    struct lbx_edge within; /* of the leaves behind it, as a separate tree */
    uint64_t leaves;
    int64_t rows, absent;

    int64_t first_hole; /* first offset behind the last checkpoint that has no record; -1: none */
    int64_t verified_up_to; /* end of the last verified tree */

    struct tile_reader tiles;
    struct checkpoint_cursor cursor;
    struct kafka_compare kafka;
    struct published published;
};

static int64_t offset_of(const struct check *c, uint64_t leaf) {
    return c->log->base + (int64_t)leaf;
}

/* ---- roots ---- */

static void tree_root(const struct check *c, struct lbx_hash *ret_root) {
    struct lbx_edge whole = c->edge;
    size_t at = 0;
    for (int level = LBX_TILE_HEIGHT - 1; level >= 0; level--)
        if (c->within.size >> level & 1)
            lbx_edge_append_subtree(&whole, (unsigned)level, &c->within.hashes[at++]);
    lbx_edge_root(&whole, ret_root);
}

/* Reports a wrong root, with the end of the last verified tree as its offset. A finding between
 * the two counts as its cause, as it is unknown which of row, tile and kept hash is wrong. */
static void report_unverified(struct check *c, const char *what) {
    int64_t behind = offset_of(c, c->leaves);
    if (findings_within(&c->verifier->shared->findings, c->log->topic, c->log->partition,
                        c->verified_up_to, behind))
        return;
    if (c->first_hole >= 0)
        FIND(c->verifier, c->log, c->first_hole,
             "there is no record, or another between %" PRId64 " and %" PRId64
             " is not the one that was hashed: %s",
             c->verified_up_to, behind - 1, what);
    else
        FIND(c->verifier, c->log, c->verified_up_to,
             "a record between %" PRId64 " and %" PRId64 " is not the one that was hashed: %s",
             c->verified_up_to, behind - 1, what);
}

static void meet_checkpoints(struct check *c) {
    const struct cursor_checkpoint *e;
    struct lbx_hash root;
    while ((e = checkpoint_cursor_next(&c->cursor)) && e->size <= c->leaves) {
        c->cursor.at++;
        if (e->size < c->leaves)
            FIND(c->verifier, c->log, offset_of(c, e->size) - 1,
                 "there are two checkpoints of size %" PRIu64, e->size);
        if (!e->is_good || e->size < c->leaves)
            continue;
        tree_root(c, &root);
        if (!lbx_hash_equal(&root, &e->root)) {
            char what[96];
            if (e->told)
                snprintf(what, sizeof what,
                         "a checkpoint that was read on its topic (size %" PRIu64 ") says so",
                         e->size);
            else
                snprintf(what, sizeof what, "checkpoint %" PRId64 " (size %" PRIu64 ") says so",
                         e->number, e->size);
            report_unverified(c, what);
        }
        c->verified_up_to = offset_of(c, c->leaves);
        c->first_hole = -1;
    }
}

/* Handles checkpoints larger than the log, whose last records are missing. No signature covers
 * the records behind the last smaller checkpoint. */
static void checkpoints_beyond(struct check *c) {
    const struct cursor_checkpoint *e = checkpoint_cursor_next(&c->cursor);
    if (e && e->size > c->leaves && e->is_good)
        FIND(c->verifier, c->log, c->verified_up_to,
             "checkpoint %" PRId64 " has %" PRIu64 " leaves, and the log only %" PRIu64
             ": records are gone, and from here on no signature holds",
             e->number, e->size, c->leaves);
}

/* ---- leaves ---- */

static void tile_is_full(struct check *c) {
    struct lbx_hash root = c->within.hashes[0];
    lbx_edge_append_subtree(&c->edge, LBX_TILE_HEIGHT, &root);
    lbx_edge_init(&c->within);
    tile_reader_tile_is_full(&c->tiles, c->leaves / LBX_TILE_WIDTH - 1, &root);
}

static void append(struct check *c, const struct lbx_hash *leaf) {
    lbx_edge_append(&c->within, leaf);
    c->leaves++;
    if (c->within.size == LBX_TILE_WIDTH)
        tile_is_full(c);
    meet_checkpoints(c);
}

static void missing(struct check *c, int64_t offset) {
    c->verifier->counts.absent++;
    c->absent++;
    if (!c->verifier->shared->allow_absent)
        FIND(c->verifier, c->log, offset,
             "the record is missing (--detached allows for months that were detached)");
}

/* Appends the next leaf, by its row; NULL: no row. */
static void leaf(struct check *c, const struct lbx_hash *from_row) {
    int64_t offset = offset_of(c, c->leaves);
    const struct lbx_hash *known = tile_reader_leaf(&c->tiles, c->leaves);
    if (from_row && known && !lbx_hash_equal(from_row, known))
        FIND(c->verifier, c->log, offset,
             lbx_hash_equal(known, &lbx_empty_leaf) ? "there is a record that the log does not have"
                                                    : "the record is not the one in the log");
    if (!from_row && known && !lbx_hash_equal(known, &lbx_empty_leaf))
        missing(c, offset);
    if (!from_row && !known && c->first_hole < 0)
        c->first_hole = offset;
    append(c, known ? known : from_row ? from_row : &lbx_empty_leaf);
}

static void leaves_without_rows(struct check *c, uint64_t up_to) {
    while (c->leaves < up_to && c->verifier->code == CTL_DONE)
        leaf(c, NULL);
}

/* ---- rows ---- */

static bool row_has_a_place(struct check *c, const struct checked *row) {
    if (row->offset < c->log->base)
        FIND(c->verifier, c->log, row->offset,
             "there is a record before the log's first offset, %" PRId64, c->log->base);
    else if (row->offset < offset_of(c, c->leaves))
        FIND(c->verifier, c->log, row->offset, "there is a second record at this offset");
    else if (row->offset >= offset_of(c, c->log->size))
        FIND(c->verifier, c->log, row->offset,
             "there is a record behind the log's head, whose last offset is %" PRId64,
             offset_of(c, c->log->size) - 1);
    else
        return true;
    return false;
}

static void take_row(void *context, const struct checked *row) {
    struct check *c = context;
    if (!row_has_a_place(c, row))
        return;
    c->rows++;
    kafka_compare_row(&c->kafka, row);
    leaves_without_rows(c, (uint64_t)(row->offset - c->log->base));
    leaf(c, &row->stored);
    if (c->log->is_checkpoints && !row->wrong)
        published_note(&c->published, row);
}

/* ---- end of the log ---- */

static void meet_head(struct check *c) {
    struct lbx_hash root, said;
    kafka_compare_before(&c->kafka, offset_of(c, c->log->size));
    leaves_without_rows(c, c->log->size);
    if (c->verifier->code != CTL_DONE)
        return;
    tree_root(c, &root);
    if (!c->log->edge_fits) {
        FIND(c->verifier, c->log, -1, "the head's edge does not fit its size");
    } else {
        lbx_edge_root(&c->log->edge, &said);
        if (!lbx_hash_equal(&root, &said))
            report_unverified(c, "the log's head says so");
    }
    if (c->rows + c->absent != c->log->rows)
        FIND(c->verifier, c->log, offset_of(c, c->log->size) - 1,
             "the log's head counts %" PRId64 " records, and there are %" PRId64, c->log->rows,
             c->rows + c->absent);
    tile_reader_beyond(&c->tiles);
    checkpoints_beyond(c);
    if (c->verifier->code == CTL_DONE)
        check_witnesses(c->verifier, c->log);
}

static void check_init(struct check *c, struct verifier *verifier, const struct log *log) {
    *c = (struct check){
        .verifier = verifier, .log = log, .first_hole = -1, .verified_up_to = log->base};
    lbx_edge_init(&c->edge);
    lbx_edge_init(&c->within);
    tile_reader_init(&c->tiles, verifier, log);
    checkpoint_cursor_init(&c->cursor, verifier, log);
    kafka_compare_begin(&c->kafka, verifier, log);
    published_init(&c->published, verifier, log);
}

static void check_done(struct check *c) {
    tile_reader_done(&c->tiles);
    checkpoint_cursor_done(&c->cursor);
    kafka_compare_done(&c->kafka);
    published_done(&c->published);
}

void check_log(struct verifier *verifier, const struct log *log) {
    if (!log->has_head) {
        FIND(verifier, log, -1, "there are records, tiles or checkpoints, and no head");
        return;
    }
    struct check c LBX_CLEANUP(check_done);
    check_init(&c, verifier, log);
    verifier_each_row(verifier, log, INT64_MIN, INT64_MAX, take_row, &c);
    if (verifier->code == CTL_DONE)
        meet_head(&c);
    if (verifier->code == CTL_DONE)
        published_end(&c.published);
}
