#include "marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { AHEAD = 256 };

void marks_init(struct marks *marks, struct lane *lane, const struct log *log) {
    *marks = (struct marks){.lane = lane, .log = log, .last_number = -1};
    marks->list = lbx_calloc(AHEAD * sizeof *marks->list);
}

void marks_done(struct marks *marks) {
    free(marks->list);
}

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

static void add(struct marks *m, const struct stored_checkpoint *stored) {
    struct lane *lane = m->lane;
    struct lbx_note note;
    struct lbx_checkpoint said;
    const char *wrong = NULL;
    struct mark *mark = &m->list[m->count++];
    *mark = (struct mark){.number = stored->number, .size = stored->size};
    if (checkpoint_holds(stored->note, strlen(stored->note), m->log->origin, &lane->v->trusted,
                         &note, &said, &wrong))
        wrong = columns_wrong(stored, &said, &note);
    if (!wrong && stored->number <= m->last_number)
        wrong = "it was made after a larger one";
    mark->is_good = !wrong;
    mark->root = said.root;
    m->last_number = stored->number;
    lane->tally.checkpoints++;
    if (wrong)
        FIND(lane, m->log, m->log->base + (int64_t)stored->size - 1,
             "checkpoint %" PRId64 " (size %" PRIu64 "): %s", stored->number, stored->size, wrong);
}

static void read_page(struct marks *m) {
    struct lane *lane = m->lane;
    uint64_t behind = m->count ? m->list[m->count - 1].size : 0;
    size_t count;
    if (m->all || lane->code != CTL_DONE || m->log->is_checkpoints)
        return;
    lane->code =
        checkpoints_ask(lane->hashes, m->log, behind, AHEAD, lane->v->logs.last_checkpoint, &count);
    m->count = m->at = 0;
    for (size_t i = 0; i < count; i++) {
        struct stored_checkpoint stored = checkpoint_at(lane->hashes, i);
        add(m, &stored);
    }
    m->all = count < AHEAD;
}

const struct mark *marks_next(struct marks *marks) {
    if (marks->at == marks->count)
        read_page(marks);
    return marks->at < marks->count ? &marks->list[marks->at] : NULL;
}
