/* Texts of transparency logs (C2SP): signed notes, keys, checkpoints, proofs, cosignatures.
 *
 * One Ed25519 key signs for all logs of a deployment. Its name is the log's origin, so that its
 * key id differs between logs. Parsing is strict: an accepted text has one spelling. */
#ifndef LBX_AUDIT_NOTE_H
#define LBX_AUDIT_NOTE_H

#include "base/buf.h"
#include "tlog/tree.h"

enum {
    LBX_NOTE_NAME_SIZE = 384, /* of a key or an origin, with its NUL */
    LBX_NOTE_SIGNATURES = 32, /* most signatures of a note */
    LBX_NOTE_MAX = 64 * 1024, /* most bytes of a note */
    LBX_KEY_SIZE = 32,
    LBX_SIGNATURE_SIZE = 64,
};

/* Signature types (C2SP signed-note). */
enum lbx_note_type {
    LBX_NOTE_ED25519 = 0x01,     /* over the text */
    LBX_NOTE_COSIGNATURE = 0x04, /* over time and text (tlog-cosignature) */
};

/* ---- keys ---- */

struct lbx_signing_key {
    unsigned char seed[LBX_KEY_SIZE], public_key[LBX_KEY_SIZE];
};

/* Reads a private key as in a file: PEM (PKCS #8), or one line PRIVATE+KEY+name+id+base64.
 * LBX_ERR_INVALID: neither, or not an Ed25519 key. */
enum lbx_err lbx_signing_key_read(const char *text, size_t len, struct lbx_signing_key *ret_key)
    LBX_MUST_CHECK;

/* A public key with its name. */
struct lbx_verifier {
    char name[LBX_NOTE_NAME_SIZE];
    enum lbx_note_type type;
    uint32_t key_id;
    unsigned char public_key[LBX_KEY_SIZE];
};

/* Whether a name is valid for a key or an origin: UTF-8, not empty, not too long, without white
 * space, control characters and plus signs. */
bool lbx_note_name_is_valid(const char *name, size_t len);

/* Makes a verifier. LBX_ERR_INVALID: the name is not valid. */
enum lbx_err lbx_verifier_init(struct lbx_verifier *verifier, const char *name,
                               enum lbx_note_type type,
                               const unsigned char public_key[LBX_KEY_SIZE]) LBX_MUST_CHECK;

/* Appends name+id+base64, without newline. */
void lbx_vkey_write(const struct lbx_verifier *verifier, struct lbx_buf *out);
enum lbx_err lbx_vkey_read(const char *text, size_t len, struct lbx_verifier *ret_verifier)
    LBX_MUST_CHECK;
/* Appends PRIVATE+KEY+name+id+base64, without newline; type LBX_NOTE_ED25519. */
void lbx_skey_write(const char *name, const struct lbx_signing_key *key, struct lbx_buf *out);

/* ---- signed notes ---- */

struct lbx_note_signature {
    char name[LBX_NOTE_NAME_SIZE];
    uint32_t key_id;
    unsigned char bytes[LBX_SIGNATURE_SIZE + 8]; /* the first len of them, if they fit */
    size_t len;
    const char *line; /* with its newline; borrowed from the note */
    size_t line_len;
};

struct lbx_note {
    const char *text; /* with its last newline; borrowed */
    size_t text_len;
    struct lbx_note_signature signatures[LBX_NOTE_SIGNATURES];
    size_t signature_count;
};

/* Parses a note, which ret_note borrows. LBX_ERR_INVALID: malformed, or too many signatures. */
enum lbx_err lbx_note_read(const char *note, size_t len, struct lbx_note *ret_note) LBX_MUST_CHECK;

/* Parses one signature line, from a note or from a witness's response. line_len includes the
 * newline. */
enum lbx_err lbx_note_signature_read(const char *line, size_t line_len,
                                     struct lbx_note_signature *ret_signature) LBX_MUST_CHECK;

/* LBX_OK: the note has a valid signature of that key. LBX_ERR_NOT_FOUND: it has none with the
 * key's name and id. LBX_ERR_REFUSED: that signature is invalid. *ret_time, unless NULL, is a
 * cosignature's time, in seconds since the Unix epoch. */
enum lbx_err lbx_note_verify(const struct lbx_note *note, const struct lbx_verifier *verifier,
                             uint64_t *ret_time) LBX_MUST_CHECK;
enum lbx_err lbx_note_signature_verify(const struct lbx_note_signature *signature, const char *text,
                                       size_t text_len, const struct lbx_verifier *verifier,
                                       uint64_t *ret_time) LBX_MUST_CHECK;

/* Appends the line "— name base64\n" for the text, which ends in a newline. time: a
 * cosignature's, otherwise ignored. */
void lbx_note_sign(const char *text, size_t text_len, const char *name, enum lbx_note_type type,
                   uint64_t time, const struct lbx_signing_key *key, struct lbx_buf *out);

/* ---- checkpoints (C2SP tlog-checkpoint) ---- */

struct lbx_checkpoint {
    char origin[LBX_NOTE_NAME_SIZE];
    uint64_t size;
    struct lbx_hash root;
};

/* Appends {prefix}/{topic}/{partition}, and @{base} unless base is 0. LBX_ERR_INVALID: the
 * result is no valid key name. */
enum lbx_err lbx_log_origin(const char *prefix, const char *topic, int32_t partition, int64_t base,
                            char ret_origin[LBX_NOTE_NAME_SIZE]) LBX_MUST_CHECK;

/* Appends the three lines. */
void lbx_checkpoint_text(const struct lbx_checkpoint *checkpoint, struct lbx_buf *out);
/* Appends the note, signed by the key under the origin's name. */
void lbx_checkpoint_sign(const struct lbx_checkpoint *checkpoint, const struct lbx_signing_key *key,
                         struct lbx_buf *out);
/* Parses a note's text. Extension lines are refused, as our logs write none. */
enum lbx_err lbx_checkpoint_read(const struct lbx_note *note, struct lbx_checkpoint *ret_checkpoint)
    LBX_MUST_CHECK;

/* ---- proofs (C2SP tlog-proof) ---- */

struct lbx_tlog_proof {
    uint64_t index;
    struct lbx_proof proof;
    const char *checkpoint; /* the note; borrowed */
    size_t checkpoint_len;
};

void lbx_tlog_proof_write(const struct lbx_tlog_proof *proof, struct lbx_buf *out);
/* Parses a proof; an `extra` line is skipped. */
enum lbx_err lbx_tlog_proof_read(const char *text, size_t len, struct lbx_tlog_proof *ret_proof)
    LBX_MUST_CHECK;

/* ---- base64 lines of a hash ---- */

void lbx_hash_write(const struct lbx_hash *hash, struct lbx_buf *out); /* without newline */
bool lbx_hash_read(const char *text, size_t len, struct lbx_hash *ret_hash);

#endif
