/* Reads a log's checkpoints in pages. Promises to check the signature of each, and its row's
 * columns against its signed note. Fails with a finding for a wrong checkpoint, and goes on. */
#include "checkpoint_cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { AHEAD = 256 };

void checkpoint_cursor_init(struct checkpoint_cursor *cursor, struct verifier *verifier,
                            const struct log *log) {
    *cursor = (struct checkpoint_cursor){.verifier = verifier, .log = log, .last_number = -1};
    cursor->list = lbx_calloc(AHEAD * sizeof *cursor->list);
}

void checkpoint_cursor_done(struct checkpoint_cursor *cursor) {
    free(cursor->list);
}

/* Whether key_id is of one of the note's signatures: two keys sign during a change of keys. */
static bool is_signer(const struct lbx_note *note, const char *origin, const char *key_id) {
    for (size_t i = 0; i < note->signature_count; i++) {
        char id[12];
        snprintf(id, sizeof id, "%08x", note->signatures[i].key_id);
        if (strcmp(note->signatures[i].name, origin) == 0 && strcmp(id, key_id) == 0)
            return true;
    }
    return false;
}

/* How the row's columns differ from the note. NULL: they agree. */
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

static void add(struct checkpoint_cursor *m, const struct stored_checkpoint *stored) {
    struct verifier *verifier = m->verifier;
    struct lbx_note note;
    struct lbx_checkpoint said;
    const char *wrong = NULL;
    struct cursor_checkpoint *checkpoint = &m->list[m->count++];
    *checkpoint = (struct cursor_checkpoint){
        .number = stored->number, .size = stored->size, .told = stored->told};
    if (checkpoint_holds(stored->note, strlen(stored->note), m->log->origin,
                         &verifier->shared->trusted, &note, &said, &wrong))
        wrong = columns_wrong(stored, &said, &note);
    if (!wrong && !stored->told && stored->number <= m->last_number)
        wrong = "it was made after a larger one";
    checkpoint->is_good = !wrong;
    checkpoint->root = said.root;
    if (!stored->told)
        m->last_number = stored->number;
    verifier->counts.checkpoints++;
    if (wrong)
        FIND(verifier, m->log, m->log->base + (int64_t)stored->size - 1,
             "checkpoint %" PRId64 " (size %" PRIu64 "): %s", stored->number, stored->size, wrong);
}

static void read_page(struct checkpoint_cursor *m) {
    struct verifier *verifier = m->verifier;
    uint64_t behind = m->count ? m->list[m->count - 1].size : 0;
    size_t count;
    if (m->all || verifier->code != CTL_DONE || m->log->is_checkpoints)
        return;
    verifier->code = checkpoints_ask(verifier->hashes, m->log, behind, AHEAD,
                                     verifier->shared->logs.last_checkpoint, &count);
    m->count = m->at = 0;
    for (size_t i = 0; i < count; i++) {
        struct stored_checkpoint stored = checkpoint_at(verifier->hashes, i);
        add(m, &stored);
    }
    m->all = count < AHEAD;
}

const struct cursor_checkpoint *checkpoint_cursor_next(struct checkpoint_cursor *cursor) {
    if (cursor->at == cursor->count)
        read_page(cursor);
    return cursor->at < cursor->count ? &cursor->list[cursor->at] : NULL;
}
