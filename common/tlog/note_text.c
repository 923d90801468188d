/* The lines of notes, checkpoints and proofs. Promises not to read past the end. Fails with false. */
#include "tlog/note_text.h"

#include "base/base64.h"

#include <string.h>

bool lbx_note_text_line(struct lbx_note_text *text, const char **ret_line, size_t *ret_len) {
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
    if (!newline)
        return false;
    *ret_line = text->at;
    *ret_len = (size_t)(newline - text->at);
    text->at = newline + 1;
    return true;
}

bool lbx_note_text_skip(struct lbx_note_text *text, const char *prefix) {
    size_t len = strlen(prefix);
    if ((size_t)(text->end - text->at) < len || memcmp(text->at, prefix, len) != 0)
        return false;
    text->at += len;
    return true;
}

void lbx_hash_write(const struct lbx_hash *hash, struct lbx_buf *out) {
    lbx_base64_encode(hash, sizeof *hash, out);
}

bool lbx_hash_read(const char *text, size_t len, struct lbx_hash *ret_hash) {
    struct lbx_hash hash;
    size_t got;
    if (!lbx_base64_decode(text, len, &hash, sizeof hash, &got) || got != sizeof hash)
        return false;
    *ret_hash = hash;
    return true;
}
