/* Leaves come in the order of their offsets, each from its row where there is one. Where the tiles, or the leaf
 * hashes kept of detached months, say something else of an offset, that is a finding, and what they say goes into
 * the tree: so that head and checkpoints are asked about that alone, and not about its consequences.
 */
#include "check.h"

#include "beside.h"
#include "marks.h"
#include "published.h"
#include "stored.h"
#include "witnessed.h"

#include <inttypes.h>
#include <stdio.h>

struct check {
    struct lane *lane;
    const struct log *log;

    struct lbx_edge edge;   /* up to the last full tile */
    struct lbx_edge within; /* the leaves behind it, as a tree of their own */
    uint64_t leaves;
    int64_t rows, absent;

    int64_t gap;  /* the first offset behind the last checkpoint without a record; -1: none */
    int64_t span; /* the first offset behind the last root that was right */

    struct stored stored;
    struct marks marks;
    struct beside beside;
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

/* The root is wrong, from the last one that was right on. A finding in between is taken for the cause: of row,
 * tile and kept hash it cannot be known which is the true one. */
static void find_span(struct check *c, const char *what) {
    int64_t behind = offset_of(c, c->leaves);
    if (findings_within(&c->lane->v->findings, c->log->topic, c->log->partition, c->span, behind))
        return;
    if (c->gap >= 0)
        FIND(c->lane, c->log, c->gap,
             "there is no record, or another between %" PRId64 " and %" PRId64
             " is not the one that was hashed: %s",
             c->span, behind - 1, what);
    else
        FIND(c->lane, c->log, c->span,
             "a record between %" PRId64 " and %" PRId64 " is not the one that was hashed: %s",
             c->span, behind - 1, what);
}

static void meet_checkpoints(struct check *c) {
    const struct mark *e;
    struct lbx_hash root;
    while ((e = marks_next(&c->marks)) && e->size <= c->leaves) {
        c->marks.at++;
        if (e->size < c->leaves)
            FIND(c->lane, c->log, offset_of(c, e->size) - 1,
                 "there are two checkpoints of size %" PRIu64, e->size);
        if (!e->is_good || e->size < c->leaves)
            continue;
        tree_root(c, &root);
        if (!lbx_hash_equal(&root, &e->root)) {
            char what[96];
            snprintf(what, sizeof what, "checkpoint %" PRId64 " (size %" PRIu64 ") says so",
                     e->number, e->size);
            find_span(c, what);
        }
        c->span = offset_of(c, c->leaves);
        c->gap = -1;
    }
}

/* How many are gone is known; which of those behind the last checkpoint that fits are still the ones that were
 * hashed is not. */
static void checkpoints_beyond(struct check *c) {
    const struct mark *e = marks_next(&c->marks);
    if (e && e->size > c->leaves && e->is_good)
        FIND(c->lane, c->log, c->span,
             "checkpoint %" PRId64 " has %" PRIu64 " leaves, and the log only %" PRIu64
             ": records are gone, and from here on no signature holds",
             e->number, e->size, c->leaves);
}

/* ---- leaves ---- */

static void tile_is_full(struct check *c) {
    struct lbx_hash root = c->within.hashes[0];
    lbx_edge_append_subtree(&c->edge, LBX_TILE_HEIGHT, &root);
    lbx_edge_init(&c->within);
    stored_tile_is_full(&c->stored, c->leaves / LBX_TILE_WIDTH - 1, &root);
}

static void append(struct check *c, const struct lbx_hash *leaf) {
    lbx_edge_append(&c->within, leaf);
    c->leaves++;
    if (c->within.size == LBX_TILE_WIDTH)
        tile_is_full(c);
    meet_checkpoints(c);
}

static void missing(struct check *c, int64_t offset) {
    c->lane->tally.absent++;
    c->absent++;
    if (!c->lane->v->allow_absent)
        FIND(c->lane, c->log, offset,
             "the record is missing (--detached allows for months that were detached)");
}

/* The next leaf, by what its row says; NULL: there is no row. */
static void leaf(struct check *c, const struct lbx_hash *from_row) {
    int64_t offset = offset_of(c, c->leaves);
    const struct lbx_hash *known = stored_leaf(&c->stored, c->leaves);
    if (from_row && known && !lbx_hash_equal(from_row, known))
        FIND(c->lane, c->log, offset,
             lbx_hash_equal(known, &lbx_empty_leaf) ? "there is a record that the log does not have"
                                                    : "the record is not the one in the log");
    if (!from_row && known && !lbx_hash_equal(known, &lbx_empty_leaf))
        missing(c, offset);
    if (!from_row && !known && c->gap < 0)
        c->gap = offset;
    append(c, known ? known : from_row ? from_row : &lbx_empty_leaf);
}

static void leaves_without_rows(struct check *c, uint64_t up_to) {
    while (c->leaves < up_to && c->lane->code == CTL_DONE)
        leaf(c, NULL);
}

/* ---- rows ---- */

static bool row_has_a_place(struct check *c, const struct checked *row) {
    if (row->offset < c->log->base)
        FIND(c->lane, c->log, row->offset,
             "there is a record before the log's first offset, %" PRId64, c->log->base);
    else if (row->offset < offset_of(c, c->leaves))
        FIND(c->lane, c->log, row->offset, "there is a second record at this offset");
    else if (row->offset >= offset_of(c, c->log->size))
        FIND(c->lane, c->log, row->offset,
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
    beside_meet(&c->beside, row);
    leaves_without_rows(c, (uint64_t)(row->offset - c->log->base));
    leaf(c, &row->stored);
    if (c->log->is_checkpoints && !row->wrong)
        published_note(&c->published, row);
}

/* ---- the end ---- */

static void meet_head(struct check *c) {
    struct lbx_hash root, said;
    beside_before(&c->beside, offset_of(c, c->log->size));
    leaves_without_rows(c, c->log->size);
    if (c->lane->code != CTL_DONE)
        return;
    tree_root(c, &root);
    if (!c->log->edge_fits) {
        FIND(c->lane, c->log, -1, "the head's edge does not fit its size");
    } else {
        lbx_edge_root(&c->log->edge, &said);
        if (!lbx_hash_equal(&root, &said))
            find_span(c, "the log's head says so");
    }
    if (c->rows + c->absent != c->log->rows)
        FIND(c->lane, c->log, offset_of(c, c->log->size) - 1,
             "the log's head counts %" PRId64 " records, and there are %" PRId64, c->log->rows,
             c->rows + c->absent);
    stored_tiles_beyond(&c->stored);
    checkpoints_beyond(c);
    if (c->lane->code == CTL_DONE)
        check_witnesses(c->lane, c->log);
}

static void check_init(struct check *c, struct lane *lane, const struct log *log) {
    *c = (struct check){.lane = lane, .log = log, .gap = -1, .span = log->base};
    lbx_edge_init(&c->edge);
    lbx_edge_init(&c->within);
    stored_init(&c->stored, lane, log);
    marks_init(&c->marks, lane, log);
    beside_begin(&c->beside, lane, log);
    published_init(&c->published, lane, log);
}

static void check_done(struct check *c) {
    stored_done(&c->stored);
    marks_done(&c->marks);
    beside_done(&c->beside);
    published_done(&c->published);
}

void check_log(struct lane *lane, const struct log *log) {
    if (!log->has_head) {
        FIND(lane, log, -1, "there are records, tiles or checkpoints, and no head");
        return;
    }
    struct check c LBX_CLEANUP(check_done);
    check_init(&c, lane, log);
    lane_each_row(lane, log, INT64_MIN, INT64_MAX, take_row, &c);
    if (lane->code == CTL_DONE)
        meet_head(&c);
    if (lane->code == CTL_DONE)
        published_end(&c.published);
}
