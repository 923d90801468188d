/* Leaves come in the order of their offsets, each from its row where there is one. Where the tiles, or the leaf
 * hashes kept of detached months, say something else of an offset, that is a finding, and what they say goes into
 * the tree: so that head and checkpoints are asked about that alone, and not about its consequences.
 */
#include "check.h"

#include "published.h"
#include "sql_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TILES_AHEAD = 64, CHECKPOINTS_AHEAD = 256, LEVELS = 7 };

struct expected { /* a checkpoint that the tree must come by */
    int64_t number;
    uint64_t size;
    struct lbx_hash root;
    bool is_good; /* else it has a finding already */
};

struct kept {
    int64_t offset;
    struct lbx_hash hash;
};

struct check {
    struct verification *v;
    const struct log *log;
    enum ctl_exit code; /* CTL_DONE as long as the store answers */

    struct lbx_edge edge;   /* up to the last full tile */
    struct lbx_edge within; /* the leaves behind it, as a tree of their own */
    uint64_t leaves;
    int64_t rows, absent;

    /* stored tiles of level 0 from tiles_first on; a hole in them has has_tile false */
    struct lbx_hash (*tiles)[LBX_TILE_WIDTH];
    bool has_tile[TILES_AHEAD];
    uint64_t tiles_first, tiles_count;
    struct {
        struct lbx_hash hashes[LBX_TILE_WIDTH];
        uint64_t count; /* of all of its level */
    } * above;

    struct kept *kept;
    size_t kept_count, kept_at;

    struct expected *expected;
    size_t expected_count, expected_at;
    int64_t last_number;
    bool expected_all; /* no more pages */

    int64_t gap;  /* the first offset behind the last checkpoint without a record; -1: none */
    int64_t span; /* the first offset behind the last root that was right */

    struct published published;

    int64_t kafka_first; /* what Kafka still has begins here */
    struct lbx_record kafka_record;
    struct lbx_buf scratch;
    bool kafka_has; /* kafka_record is the next to be met */
};

static int64_t offset_of(const struct check *c, uint64_t leaf) {
    return c->log->base + (int64_t)leaf;
}

#define FIND(c, offset, ...)                                                                       \
    findings_add(&(c)->v->findings, (c)->log->topic, (c)->log->partition, (offset), __VA_ARGS__)

/* ---- checkpoints ---- */

/* Where one key takes over from another the note has a signature of each, and the row names one of them. */
static bool is_signer(const struct lbx_note *note, const char *origin, const char *key_id) {
    for (size_t i = 0; i < note->signature_count; i++) {
        char id[12];
        snprintf(id, sizeof id, "%08x", note->signatures[i].key_id);
        if (strcmp(note->signatures[i].name, origin) == 0 && strcmp(id, key_id) == 0)
            return true;
    }
    return false;
}

/* The row's columns are what its note says. */
static const char *columns_wrong(const struct stored_checkpoint *stored,
                                 const struct lbx_checkpoint *said, const struct lbx_note *note) {
    struct lbx_hash root;
    if (strcmp(stored->origin, said->origin) != 0)
        return "origin is not what its note says";
    if (stored->size != said->size)
        return "size is not what its note says";
    if (!from_hex(stored->root_hex, &root, sizeof root) || !lbx_hash_equal(&root, &said->root))
        return "root is not what its note says";
    return is_signer(note, said->origin, stored->key_id) ? NULL
                                                         : "key_id is not that of its signature";
}

static void expect(struct check *c, const struct stored_checkpoint *stored) {
    struct lbx_note note;
    struct lbx_checkpoint said;
    const char *wrong = NULL;
    struct expected *e = &c->expected[c->expected_count++];
    *e = (struct expected){.number = stored->number, .size = stored->size};
    if (checkpoint_holds(stored->note, strlen(stored->note), c->log->origin, &c->v->trusted, &note,
                         &said, &wrong))
        wrong = columns_wrong(stored, &said, &note);
    if (!wrong && stored->number <= c->last_number)
        wrong = "it was made after a larger one";
    e->is_good = !wrong;
    e->root = said.root;
    c->last_number = stored->number;
    c->v->checkpoints++;
    if (wrong)
        FIND(c, offset_of(c, stored->size) - 1, "checkpoint %" PRId64 " (size %" PRIu64 "): %s",
             stored->number, stored->size, wrong);
}

/* The next page, where there is one. */
static void more_checkpoints(struct check *c) {
    uint64_t behind = c->expected_count ? c->expected[c->expected_count - 1].size : 0;
    size_t count;
    if (c->expected_all || c->code != CTL_DONE || c->log->is_checkpoints)
        return;
    c->code = checkpoints_ask(c->v->hashes, c->log, behind, CHECKPOINTS_AHEAD,
                              c->v->logs.last_checkpoint, &count);
    c->expected_count = c->expected_at = 0;
    for (size_t i = 0; i < count; i++) {
        struct stored_checkpoint stored = checkpoint_at(c->v->hashes, i);
        expect(c, &stored);
    }
    c->expected_all = count < CHECKPOINTS_AHEAD;
}

static const struct expected *next_checkpoint(struct check *c) {
    if (c->expected_at == c->expected_count)
        more_checkpoints(c);
    return c->expected_at < c->expected_count ? &c->expected[c->expected_at] : NULL;
}

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
    const struct finding *found = findings_of(&c->v->findings, c->log->topic, c->log->partition);
    if (found && found->offset >= c->span && found->offset < behind)
        return;
    if (c->gap >= 0)
        FIND(c, c->gap,
             "there is no record, or another between %" PRId64 " and %" PRId64
             " is not the one that was hashed: %s",
             c->span, behind - 1, what);
    else
        FIND(c, c->span,
             "a record between %" PRId64 " and %" PRId64 " is not the one that was hashed: %s",
             c->span, behind - 1, what);
}

static void meet_checkpoints(struct check *c) {
    const struct expected *e;
    struct lbx_hash root;
    while ((e = next_checkpoint(c)) && e->size <= c->leaves) {
        c->expected_at++;
        if (e->size < c->leaves)
            FIND(c, offset_of(c, e->size) - 1, "there are two checkpoints of size %" PRIu64,
                 e->size);
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
    const struct expected *e = next_checkpoint(c);
    if (e && e->size > c->leaves && e->is_good)
        FIND(c, c->span,
             "checkpoint %" PRId64 " has %" PRIu64 " leaves, and the log only %" PRIu64
             ": records are gone, and from here on no signature holds",
             e->number, e->size, c->leaves);
}

/* ---- tiles ---- */

static void load_tiles(struct check *c, uint64_t index) {
    const char *params[] = {c->log->topic, number_text(&c->v->ctl->arena, c->log->partition), "0",
                            number_text(&c->v->ctl->arena, (int64_t)index),
                            number_text(&c->v->ctl->arena, (int64_t)index + TILES_AHEAD)};
    memset(c->has_tile, 0, sizeof c->has_tile);
    c->tiles_first = index;
    c->tiles_count = TILES_AHEAD;
    c->code = proof_ask(c->v->hashes, &sql_proof_tiles, 5, params);
    for (size_t row = 0; c->code == CTL_DONE && row < lbx_pg_row_count(c->v->hashes, 0); row++) {
        size_t at = (size_t)((uint64_t)lbx_pg_cell_int(c->v->hashes, 0, row, 0) - index);
        c->has_tile[at] =
            from_hex(lbx_pg_cell(c->v->hashes, 0, row, 1), c->tiles[at], sizeof c->tiles[at]);
    }
}

/* What the tiles say of a leaf; NULL: nothing. */
static const struct lbx_hash *stored_leaf(struct check *c, uint64_t leaf) {
    uint64_t index = leaf / LBX_TILE_WIDTH;
    if (index >= lbx_tiles_full(c->log->size, 0))
        return NULL;
    if (index < c->tiles_first || index >= c->tiles_first + c->tiles_count)
        load_tiles(c, index);
    return c->has_tile[index - c->tiles_first]
               ? &c->tiles[index - c->tiles_first][leaf % LBX_TILE_WIDTH]
               : NULL;
}

static void tile_above(struct check *c, unsigned level, const struct lbx_hash *below);

/* A tile of a level above 0 is full: compared with the one stored. */
static void meet_tile(struct check *c, unsigned level, uint64_t index) {
    struct lbx_hash stored[LBX_TILE_WIDTH], root;
    struct lbx_arena *arena = &c->v->ctl->arena;
    const char *params[] = {c->log->topic, number_text(arena, c->log->partition),
                            number_text(arena, level), number_text(arena, (int64_t)index),
                            number_text(arena, (int64_t)index + 1)};
    uint64_t each = UINT64_C(1) << (LBX_TILE_HEIGHT * level);
    int64_t first = offset_of(c, index * LBX_TILE_WIDTH * each);
    c->code = proof_ask(c->v->hashes, &sql_proof_tiles, 5, params);
    if (c->code != CTL_DONE)
        return;
    if (lbx_pg_row_count(c->v->hashes, 0) != 1 ||
        !from_hex(lbx_pg_cell(c->v->hashes, 0, 0, 1), stored, sizeof stored)) {
        FIND(c, first, "tile %u/%" PRIu64 " is missing", level, index);
    } else {
        for (uint64_t i = 0; i < LBX_TILE_WIDTH; i++)
            if (!lbx_hash_equal(&stored[i], &c->above[level].hashes[i])) {
                FIND(c, offset_of(c, (index * LBX_TILE_WIDTH + i) * each),
                     "hash %" PRIu64 " of tile %u/%" PRIu64 " is not that of the tile below it", i,
                     level, index);
                break;
            }
    }
    lbx_tile_root(c->above[level].hashes, &root);
    tile_above(c, level + 1, &root);
}

static void tile_above(struct check *c, unsigned level, const struct lbx_hash *below) {
    if (level >= LEVELS)
        return;
    uint64_t at = c->above[level].count++;
    c->above[level].hashes[at % LBX_TILE_WIDTH] = *below;
    if (at % LBX_TILE_WIDTH == LBX_TILE_WIDTH - 1)
        meet_tile(c, level, at / LBX_TILE_WIDTH);
}

static void tile_is_full(struct check *c) {
    struct lbx_hash root = c->within.hashes[0];
    uint64_t index = c->leaves / LBX_TILE_WIDTH - 1;
    lbx_edge_append_subtree(&c->edge, LBX_TILE_HEIGHT, &root);
    lbx_edge_init(&c->within);
    if (!c->has_tile[index - c->tiles_first])
        FIND(c, offset_of(c, index * LBX_TILE_WIDTH), "tile 0/%" PRIu64 " is missing", index);
    tile_above(c, 1, &root);
}

static void tiles_beyond(struct check *c) {
    struct lbx_arena *arena = &c->v->ctl->arena;
    const char *params[] = {c->log->topic, number_text(arena, c->log->partition),
                            number_text(arena, (int64_t)c->log->size)};
    if (c->code == CTL_DONE)
        c->code = proof_ask(c->v->rows, &sql_proof_tiles_beyond, 3, params);
    if (c->code == CTL_DONE && lbx_pg_row_count(c->v->rows, 0))
        FIND(c, -1, "there is a tile %" PRId64 "/%" PRId64 " that a log of this size has not",
             lbx_pg_cell_int(c->v->rows, 0, 0, 0), lbx_pg_cell_int(c->v->rows, 0, 0, 1));
}

/* ---- leaf hashes kept of detached months ---- */

static void load_kept(struct check *c) {
    struct lbx_arena *arena = &c->v->ctl->arena;
    const char *params[] = {c->log->topic, number_text(arena, c->log->partition),
                            "-9223372036854775808"};
    c->code = proof_ask(c->v->rows, &sql_proof_kept, 3, params);
    size_t count = c->code == CTL_DONE ? lbx_pg_row_count(c->v->rows, 0) : 0;
    c->kept = calloc(count + 1, sizeof *c->kept);
    if (!c->kept)
        abort();
    for (; c->kept_count < count; c->kept_count++) {
        struct kept *kept = &c->kept[c->kept_count];
        kept->offset = lbx_pg_cell_int(c->v->rows, 0, c->kept_count, 0);
        if (!from_hex(lbx_pg_cell(c->v->rows, 0, c->kept_count, 1), &kept->hash, sizeof kept->hash))
            FIND(c, kept->offset, "the leaf hash that was kept is none");
    }
}

static const struct lbx_hash *kept_leaf(struct check *c, uint64_t leaf) {
    int64_t offset = offset_of(c, leaf);
    while (c->kept_at < c->kept_count && c->kept[c->kept_at].offset < offset)
        c->kept_at++;
    return c->kept_at < c->kept_count && c->kept[c->kept_at].offset == offset
               ? &c->kept[c->kept_at].hash
               : NULL;
}

/* ---- leaves ---- */

static void append(struct check *c, const struct lbx_hash *leaf) {
    lbx_edge_append(&c->within, leaf);
    c->leaves++;
    if (c->within.size == LBX_TILE_WIDTH)
        tile_is_full(c);
    meet_checkpoints(c);
}

/* The next leaf, by what its row says; NULL: there is no row. */
static void leaf(struct check *c, const struct lbx_hash *from_row) {
    int64_t offset = offset_of(c, c->leaves);
    const struct lbx_hash *tile = stored_leaf(c, c->leaves), *kept = kept_leaf(c, c->leaves);
    const struct lbx_hash *known = tile ? tile : kept;
    if (tile && kept && !lbx_hash_equal(tile, kept))
        FIND(c, offset, "the leaf hash that was kept is not the one in the log");
    if (from_row && known && !lbx_hash_equal(from_row, known)) {
        if (lbx_hash_equal(known, &lbx_empty_leaf))
            FIND(c, offset, "there is a record that the log does not have");
        else
            FIND(c, offset, "the record is not the one in the log");
    }
    if (!from_row && known && !lbx_hash_equal(known, &lbx_empty_leaf)) {
        c->v->absent++;
        c->absent++;
        if (!c->v->allow_absent)
            FIND(c, offset,
                 "the record is missing (--detached allows for months that were detached)");
    }
    if (!from_row && !known && c->gap < 0)
        c->gap = offset;
    append(c, known ? known : from_row ? from_row : &lbx_empty_leaf);
}

static void leaves_without_rows(struct check *c, uint64_t up_to) {
    while (c->leaves < up_to && c->code == CTL_DONE)
        leaf(c, NULL);
}

/* ---- Kafka ---- */

static enum ctl_exit kafka_gone(const struct check *c) {
    return ctl_fail(CTL_UNREACHABLE,
                    "Kafka sends nothing of %s/%d: check "
                    "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS",
                    c->log->topic, c->log->partition);
}

static void kafka_advance(struct check *c) {
    enum lbx_err err = lbx_reader_next(c->v->kafka, &c->kafka_record);
    c->kafka_has = err == LBX_OK;
    if (err != LBX_OK && err != LBX_ERR_NOT_FOUND)
        c->code = kafka_gone(c);
}

static void kafka_begin(struct check *c) {
    int64_t behind = 0;
    if (!c->v->kafka)
        return;
    enum lbx_err err =
        lbx_reader_ends(c->v->kafka, c->log->topic, c->log->partition, &c->kafka_first, &behind);
    if (err == LBX_ERR_NOT_FOUND) {
        FIND(c, -1, "Kafka has no such partition");
        c->kafka_first = INT64_MAX;
        return;
    }
    /* What came after this run looked at the head is none of its business. */
    int64_t head = offset_of(c, c->log->size);
    int64_t limit = behind < head ? behind : head;
    if (err == LBX_OK)
        err =
            lbx_reader_begin(c->v->kafka, c->log->topic, c->log->partition, c->kafka_first, limit);
    if (err != LBX_OK)
        c->code = kafka_gone(c);
    else
        kafka_advance(c);
}

static void kafka_before(struct check *c, int64_t offset) {
    while (c->kafka_has && c->kafka_record.offset < offset && c->code == CTL_DONE) {
        FIND(c, c->kafka_record.offset, "Kafka has a record here, and the store has none");
        kafka_advance(c);
    }
}

static void kafka_meet(struct check *c, const struct checked *row) {
    struct lbx_hash hash;
    if (!c->v->kafka || c->code != CTL_DONE)
        return;
    kafka_before(c, row->offset);
    if (row->offset < c->kafka_first) {
        c->v->kafka_gone++;
        return;
    }
    if (!c->kafka_has || c->kafka_record.offset != row->offset) {
        FIND(c, row->offset, "Kafka has no record here, and the store has one");
        return;
    }
    record_leaf_hash(&c->kafka_record, &c->scratch, &hash);
    if (!lbx_hash_equal(&hash, &row->computed))
        FIND(c, row->offset, "Kafka has another record here");
    c->v->kafka_records++;
    kafka_advance(c);
}

/* ---- rows ---- */

static bool row_has_a_place(struct check *c, const struct checked *row) {
    if (row->offset < c->log->base)
        FIND(c, row->offset, "there is a record before the log's first offset, %" PRId64,
             c->log->base);
    else if (row->offset < offset_of(c, c->leaves))
        FIND(c, row->offset, "there is a second record at this offset");
    else if (row->offset >= offset_of(c, c->log->size))
        FIND(c, row->offset,
             "there is a record behind the log's head, whose last offset is %" PRId64,
             offset_of(c, c->log->size) - 1);
    else
        return true;
    return false;
}

static void take_row(struct check *c, const struct checked *row) {
    c->v->records++;
    progress_step(&c->v->progress, 1, c->log->topic, c->log->partition);
    if (row->wrong)
        FIND(c, row->offset, "%s", row->wrong);
    if (!row_has_a_place(c, row))
        return;
    c->rows++;
    kafka_meet(c, row);
    leaves_without_rows(c, (uint64_t)(row->offset - c->log->base));
    leaf(c, &row->stored);
    if (c->log->is_checkpoints && !row->wrong)
        c->code = published_note(&c->published, row);
}

static void read_rows(struct check *c) {
    const struct place place = {ctl_topic_of(c->v->ctl, c->log->topic), c->log->topic,
                                c->log->partition};
    struct lbx_arena *arena = &c->v->ctl->arena;
    const struct checked *row;
    c->code = PROOF_ASK(c->v->rows, &sql_proof_scope, c->log->topic,
                        number_text(arena, c->log->partition), "-9223372036854775808",
                        "9223372036854775807");
    if (c->code != CTL_DONE)
        return;
    enum lbx_err err = pipeline_begin(c->v->pipeline, c->v->rows, &place);
    while (err == LBX_OK && (err = pipeline_next(c->v->pipeline, &row)) == LBX_OK)
        if (c->code == CTL_DONE)
            take_row(c, row);
    if (err != LBX_ERR_NOT_FOUND && c->code == CTL_DONE)
        c->code = ctl_statement_failed(&ctl_audit, err);
}

/* ---- witnesses ---- */

struct witnessed {
    bool any;
    uint64_t size; /* the largest that enough witnesses saw */
};

static void take_cosigned(struct check *c, size_t row, struct witnessed *ret) {
    const char *text = lbx_pg_cell(c->v->hashes, 0, row, 2), *wrong = "";
    int64_t number = lbx_pg_cell_int(c->v->hashes, 0, row, 0);
    int64_t size = lbx_pg_cell_int(c->v->hashes, 0, row, 1);
    struct lbx_note note;
    uint64_t witnesses;
    size_t which;
    const struct lbx_witness_policy *policy = c->v->trusted.policy;
    c->v->cosigned++;
    if (lbx_note_read(text, strlen(text), &note) != LBX_OK)
        FIND(c, c->log->base + size - 1,
             "checkpoint %" PRId64 ": what witnesses signed cannot be read", number);
    else if (lbx_policy_witnesses(policy, &note, &witnesses, &which) != LBX_OK)
        FIND(c, c->log->base + size - 1,
             "checkpoint %" PRId64 ": the cosignature of %s does not hold", number,
             policy->list[which].name);
    else if (!ret->any && quorum_holds(&c->v->trusted, &note, &wrong))
        *ret = (struct witnessed){true, (uint64_t)size};
}

/* A policy asks for witnesses: every cosignature of theirs holds, and there is a checkpoint with enough. */
static void meet_witnesses(struct check *c) {
    struct lbx_arena *arena = &c->v->ctl->arena;
    struct witnessed witnessed = {0};
    int64_t below = INT64_MAX;
    size_t count = 0;
    if (!c->v->trusted.policy || c->log->is_checkpoints)
        return;
    do {
        const char *params[] = {c->log->topic, number_text(arena, c->log->partition),
                                number_text(arena, below),
                                number_text(arena, c->v->logs.last_checkpoint)};
        c->code = proof_ask(c->v->hashes, &sql_proof_witnessed, 4, params);
        count = c->code == CTL_DONE ? lbx_pg_row_count(c->v->hashes, 0) : 0;
        for (size_t row = 0; row < count; row++) {
            take_cosigned(c, row, &witnessed);
            below = lbx_pg_cell_int(c->v->hashes, 0, row, 1);
        }
    } while (count);
    if (c->v->trusted.policy->quorum < 0)
        return;
    if (!witnessed.any)
        FIND(c, c->log->base,
             "no checkpoint is cosigned by as many witnesses as the policy asks for");
    else
        c->v->unwitnessed += c->log->size - witnessed.size;
}

/* ---- the end ---- */

static void meet_head(struct check *c) {
    struct lbx_hash root, said;
    kafka_before(c, offset_of(c, c->log->size));
    leaves_without_rows(c, c->log->size);
    if (c->code != CTL_DONE)
        return;
    tree_root(c, &root);
    if (!c->log->edge_fits) {
        FIND(c, -1, "the head's edge does not fit its size");
    } else {
        lbx_edge_root(&c->log->edge, &said);
        if (!lbx_hash_equal(&root, &said))
            find_span(c, "the log's head says so");
    }
    if (c->rows + c->absent != c->log->rows)
        FIND(c, offset_of(c, c->log->size) - 1,
             "the log's head counts %" PRId64 " records, and there are %" PRId64, c->log->rows,
             c->rows + c->absent);
    tiles_beyond(c);
    checkpoints_beyond(c);
    if (c->code == CTL_DONE)
        meet_witnesses(c);
}

static void check_init(struct check *c, struct verification *v, const struct log *log) {
    *c = (struct check){.v = v, .log = log, .gap = -1, .span = log->base, .last_number = -1};
    lbx_edge_init(&c->edge);
    lbx_edge_init(&c->within);
    c->tiles = calloc(TILES_AHEAD, sizeof *c->tiles);
    c->above = calloc(LEVELS, sizeof *c->above);
    c->expected = calloc(CHECKPOINTS_AHEAD, sizeof *c->expected);
    if (!c->tiles || !c->above || !c->expected)
        abort();
    published_init(&c->published, v);
}

static void check_done(struct check *c) {
    free(c->tiles);
    free(c->above);
    free(c->expected);
    free(c->kept);
    lbx_buf_done(&c->scratch);
    published_done(&c->published);
}

enum ctl_exit check_log(struct verification *v, const struct log *log) {
    struct check c LBX_CLEANUP(check_done);
    check_init(&c, v, log);
    if (!log->has_head) {
        FIND(&c, -1, "there are records, tiles or checkpoints, and no head");
        return CTL_DONE;
    }
    load_kept(&c);
    if (c.code == CTL_DONE)
        kafka_begin(&c);
    if (c.code == CTL_DONE)
        read_rows(&c);
    if (c.code == CTL_DONE)
        meet_head(&c);
    if (c.code == CTL_DONE && log->is_checkpoints)
        c.code = published_end(&c.published);
    return c.code;
}
