/* Reads and writes checkpoints and proofs (C2SP tlog-checkpoint, tlog-proof). Promises that an
 * accepted text has one spelling. Fails with LBX_ERR_INVALID on any other text. */
#include "tlog/note_text.h"

#include <stdio.h>
#include <string.h>

#define PROOF_HEADER "c2sp.org/tlog-proof@v1\n"

/* Reads a decimal number below 2^63, without leading zeros. */
static bool read_number(const char *s, size_t len, uint64_t *ret_number) {
    uint64_t number = 0;
    if (len == 0 || len > 19 || (s[0] == '0' && len > 1))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(s[i] - '0');
    }
    *ret_number = number;
    return number <= INT64_MAX;
}

/* Reads lines of base64, up to the empty one. */
static bool read_hashes(struct lbx_note_text *text, struct lbx_proof *ret_proof) {
    const char *line;
    size_t len;
    ret_proof->count = 0;
    while (lbx_note_text_line(text, &line, &len)) {
        if (len == 0)
            return true;
        if (ret_proof->count == LBX_PROOF_MAX ||
            !lbx_hash_read(line, len, &ret_proof->hashes[ret_proof->count++]))
            return false;
    }
    return false;
}

/* ---- checkpoints ---- */

enum lbx_err lbx_log_origin(const char *prefix, const char *topic, int32_t partition, int64_t base,
                            char ret_origin[LBX_NOTE_NAME_SIZE]) {
    int len = snprintf(ret_origin, LBX_NOTE_NAME_SIZE, "%s/%s/%d", prefix, topic, partition);
    if (base && len > 0 && len < LBX_NOTE_NAME_SIZE)
        len += snprintf(ret_origin + len, (size_t)(LBX_NOTE_NAME_SIZE - len), "@%lld",
                        (long long)base);
    return len > 0 && lbx_note_name_is_valid(ret_origin, (size_t)len) ? LBX_OK : LBX_ERR_INVALID;
}

void lbx_checkpoint_text(const struct lbx_checkpoint *checkpoint, struct lbx_buf *out) {
    lbx_buf_printf(out, "%s\n%llu\n", checkpoint->origin, (unsigned long long)checkpoint->size);
    lbx_hash_write(&checkpoint->root, out);
    lbx_buf_char(out, '\n');
}

void lbx_checkpoint_sign(const struct lbx_checkpoint *checkpoint, const struct lbx_signing_key *key,
                         struct lbx_buf *out) {
    struct lbx_buf text LBX_BUF = {0};
    lbx_checkpoint_text(checkpoint, &text);
    lbx_buf_add(out, text.data, text.len);
    lbx_buf_char(out, '\n');
    lbx_note_sign(text.data, text.len, checkpoint->origin, LBX_NOTE_ED25519, 0, key, out);
}

enum lbx_err lbx_checkpoint_read(const struct lbx_note *note,
                                 struct lbx_checkpoint *ret_checkpoint) {
    struct lbx_note_text in = {note->text, note->text + note->text_len};
    const char *lines[3];
    size_t lens[3];
    struct lbx_checkpoint checkpoint;
    for (int i = 0; i < 3; i++)
        if (!lbx_note_text_line(&in, &lines[i], &lens[i]))
            return LBX_ERR_INVALID;
    if (in.at != in.end || !lbx_note_name_is_valid(lines[0], lens[0]) ||
        !read_number(lines[1], lens[1], &checkpoint.size) ||
        !lbx_hash_read(lines[2], lens[2], &checkpoint.root))
        return LBX_ERR_INVALID;
    memcpy(checkpoint.origin, lines[0], lens[0]);
    checkpoint.origin[lens[0]] = '\0';
    *ret_checkpoint = checkpoint;
    return LBX_OK;
}

/* ---- proofs ---- */

void lbx_tlog_proof_write(const struct lbx_tlog_proof *proof, struct lbx_buf *out) {
    lbx_buf_printf(out, PROOF_HEADER "index %llu\n", (unsigned long long)proof->index);
    for (size_t i = 0; i < proof->proof.count; i++) {
        lbx_hash_write(&proof->proof.hashes[i], out);
        lbx_buf_char(out, '\n');
    }
    lbx_buf_char(out, '\n');
    lbx_buf_add(out, proof->checkpoint, proof->checkpoint_len);
}

enum lbx_err lbx_tlog_proof_read(const char *text, size_t len, struct lbx_tlog_proof *ret_proof) {
    struct lbx_note_text in = {text, text + len};
    struct lbx_tlog_proof proof;
    const char *line;
    size_t line_len;
    if (!lbx_note_text_skip(&in, PROOF_HEADER) ||
        (lbx_note_text_skip(&in, "extra ") && !lbx_note_text_line(&in, &line, &line_len)) ||
        !lbx_note_text_skip(&in, "index ") || !lbx_note_text_line(&in, &line, &line_len) ||
        !read_number(line, line_len, &proof.index) || !read_hashes(&in, &proof.proof))
        return LBX_ERR_INVALID;
    proof.checkpoint = in.at;
    proof.checkpoint_len = (size_t)(in.end - in.at);
    *ret_proof = proof;
    return LBX_OK;
}
