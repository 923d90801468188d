/* Reads, verifies and writes signed notes and their keys (C2SP signed-note, tlog-cosignature).
 * Promises that an accepted text has one spelling. Fails with LBX_ERR_INVALID on any other text. */
#include "base/base64.h"
#include "base/utf8.h"
#include "io/ed25519.h"
#include "io/hash.h"
#include "tlog/note_text.h"

#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <string.h>

#define DASH "\xE2\x80\x94 " /* em dash, space: the beginning of a signature line */
#define SECRET "PRIVATE+KEY+"

enum { DASH_LEN = 4, TIME_LEN = 8 };

/* ---- names and keys ---- */

static bool read_hex32(const char *s, size_t len, uint32_t *ret_number) {
    uint32_t number = 0;
    if (len != 8)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
            return false;
        number = number << 4 | (uint32_t)(s[i] <= '9' ? s[i] - '0' : s[i] - 'a' + 10);
    }
    *ret_number = number;
    return true;
}

/* Whether s begins with one of Unicode's White_Space characters beyond ASCII. */
static bool is_space(const char *s, size_t len) {
    static const char *const spaces[] = {"\xC2\x85", "\u00A0", "\u1680", "\u2000", "\u2001",
                                         "\u2002",   "\u2003", "\u2004", "\u2005", "\u2006",
                                         "\u2007",   "\u2008", "\u2009", "\u200A", "\u2028",
                                         "\u2029",   "\u202F", "\u205F", "\u3000"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (strlen(spaces[i]) == len && memcmp(spaces[i], s, len) == 0)
            return true;
    return false;
}

bool lbx_note_name_is_valid(const char *name, size_t len) {
    if (len == 0 || len >= LBX_NOTE_NAME_SIZE)
        return false;
    for (size_t i = 0; i < len;) {
        size_t n = lbx_utf8_len(name + i, len - i);
        if (n == 0 || (unsigned char)name[i] <= ' ' || name[i] == 0x7F || name[i] == '+' ||
            is_space(name + i, n))
            return false;
        i += n;
    }
    return true;
}

static uint32_t key_id(const char *name, enum lbx_note_type type,
                       const unsigned char public_key[LBX_KEY_SIZE]) {
    char bytes[LBX_NOTE_NAME_SIZE + 2 + LBX_KEY_SIZE];
    unsigned char hash[LBX_SHA256_SIZE];
    size_t len = strlen(name);
    assert(len < LBX_NOTE_NAME_SIZE);
    memcpy(bytes, name, len);
    bytes[len] = '\n';
    bytes[len + 1] = (char)type;
    memcpy(bytes + len + 2, public_key, LBX_KEY_SIZE);
    lbx_sha256(bytes, len + 2 + LBX_KEY_SIZE, hash);
    return (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
}

static enum lbx_err verifier_init(struct lbx_verifier *verifier, const char *name, size_t name_len,
                                  enum lbx_note_type type, const unsigned char *public_key) {
    if (!lbx_note_name_is_valid(name, name_len))
        return LBX_ERR_INVALID;
    memcpy(verifier->name, name, name_len);
    verifier->name[name_len] = '\0';
    verifier->type = type;
    memcpy(verifier->public_key, public_key, LBX_KEY_SIZE);
    verifier->key_id = key_id(verifier->name, type, public_key);
    return LBX_OK;
}

enum lbx_err lbx_verifier_init(struct lbx_verifier *verifier, const char *name,
                               enum lbx_note_type type,
                               const unsigned char public_key[LBX_KEY_SIZE]) {
    return verifier_init(verifier, name, strlen(name), type, public_key);
}

static void write_key(const char *prefix, const char *name, uint32_t id, enum lbx_note_type type,
                      const unsigned char *material, struct lbx_buf *out) {
    unsigned char typed[1 + LBX_KEY_SIZE] = {(unsigned char)type};
    memcpy(typed + 1, material, LBX_KEY_SIZE);
    lbx_buf_printf(out, "%s%s+%08x+", prefix, name, id);
    lbx_base64_encode(typed, sizeof typed, out);
}

void lbx_vkey_write(const struct lbx_verifier *verifier, struct lbx_buf *out) {
    write_key("", verifier->name, verifier->key_id, verifier->type, verifier->public_key, out);
}

void lbx_skey_write(const char *name, const struct lbx_signing_key *key, struct lbx_buf *out) {
    write_key(SECRET, name, key_id(name, LBX_NOTE_ED25519, key->public_key), LBX_NOTE_ED25519,
              key->seed, out);
}

/* Splits name+id+base64, without a check of the key material. */
static bool split_key(const char *text, size_t len, size_t *ret_name_len, uint32_t *ret_id,
                      unsigned char ret_typed[1 + LBX_KEY_SIZE]) {
    const char *plus = memchr(text, '+', len);
    size_t name_len = plus ? (size_t)(plus - text) : len, got;
    if (len < name_len + 10 || text[name_len + 9] != '+' ||
        !read_hex32(text + name_len + 1, 8, ret_id))
        return false;
    *ret_name_len = name_len;
    return lbx_base64_decode(text + name_len + 10, len - name_len - 10, ret_typed, 1 + LBX_KEY_SIZE,
                             &got) &&
           got == 1 + LBX_KEY_SIZE;
}

enum lbx_err lbx_vkey_read(const char *text, size_t len, struct lbx_verifier *ret_verifier) {
    unsigned char typed[1 + LBX_KEY_SIZE];
    size_t name_len;
    uint32_t id;
    struct lbx_verifier verifier;
    if (!split_key(text, len, &name_len, &id, typed) ||
        (typed[0] != LBX_NOTE_ED25519 && typed[0] != LBX_NOTE_COSIGNATURE))
        return LBX_ERR_INVALID;
    enum lbx_err err =
        verifier_init(&verifier, text, name_len, (enum lbx_note_type)typed[0], typed + 1);
    if (err != LBX_OK || verifier.key_id != id)
        return LBX_ERR_INVALID;
    *ret_verifier = verifier;
    return LBX_OK;
}

enum lbx_err lbx_signing_key_read(const char *text, size_t len, struct lbx_signing_key *ret_key) {
    struct lbx_note_text in = {text, text + len};
    unsigned char typed[1 + LBX_KEY_SIZE];
    size_t name_len;
    uint32_t id;
    while (in.end > in.at && isspace((unsigned char)in.end[-1]))
        in.end--;
    if (!lbx_note_text_skip(&in, SECRET)) {
        if (lbx_ed25519_pem_read(text, len, ret_key->seed) != LBX_OK)
            return LBX_ERR_INVALID;
    } else {
        if (!split_key(in.at, (size_t)(in.end - in.at), &name_len, &id, typed) ||
            typed[0] != LBX_NOTE_ED25519)
            return LBX_ERR_INVALID;
        memcpy(ret_key->seed, typed + 1, LBX_KEY_SIZE);
    }
    lbx_ed25519_public(ret_key->seed, ret_key->public_key);
    return LBX_OK;
}

/* ---- notes ---- */

/* "— name base64\n" */
enum lbx_err lbx_note_signature_read(const char *line, size_t line_len,
                                     struct lbx_note_signature *ret_signature) {
    struct lbx_note_text in = {line, line + line_len};
    size_t len;
    if (line_len == 0 || line[line_len - 1] != '\n' || !lbx_note_text_skip(&in, DASH))
        return LBX_ERR_INVALID;
    in.end--;
    const char *space = memchr(in.at, ' ', (size_t)(in.end - in.at));
    size_t name_len = space ? (size_t)(space - in.at) : 0;
    if (!lbx_note_name_is_valid(in.at, name_len))
        return LBX_ERR_INVALID;
    struct lbx_note_signature *s = ret_signature;
    memcpy(s->name, in.at, name_len);
    s->name[name_len] = '\0';
    in.at = space + 1;
    char *all LBX_FREE = malloc((size_t)(in.end - in.at) + 1);
    if (!all ||
        !lbx_base64_decode(in.at, (size_t)(in.end - in.at), all, (size_t)(in.end - in.at), &len) ||
        len < 5)
        return LBX_ERR_INVALID;
    uint32_t id;
    memcpy(&id, all, sizeof id);
    s->key_id = be32toh(id);
    s->len = len - sizeof id;
    memcpy(s->bytes, all + sizeof id, s->len < sizeof s->bytes ? s->len : sizeof s->bytes);
    s->line = line;
    s->line_len = line_len;
    return LBX_OK;
}

static bool is_note_text(const char *note, size_t len) {
    if (len > LBX_NOTE_MAX || !lbx_utf8_valid(note, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)note[i] < ' ' && note[i] != '\n')
            return false;
    return true;
}

enum lbx_err lbx_note_read(const char *note, size_t len, struct lbx_note *ret_note) {
    const char *end = note + len, *signatures = NULL;
    if (!is_note_text(note, len))
        return LBX_ERR_INVALID;
    for (const char *at = note; (at = memmem(at, (size_t)(end - at), "\n\n", 2)); at++)
        signatures = at + 2;
    if (!signatures)
        return LBX_ERR_INVALID;
    ret_note->text = note;
    ret_note->text_len = (size_t)(signatures - note) - 1;
    ret_note->signature_count = 0;
    struct lbx_note_text in = {signatures, end};
    const char *line;
    size_t line_len;
    while (lbx_note_text_line(&in, &line, &line_len))
        if (ret_note->signature_count == LBX_NOTE_SIGNATURES ||
            lbx_note_signature_read(line, line_len + 1,
                                    &ret_note->signatures[ret_note->signature_count++]) != LBX_OK)
            return LBX_ERR_INVALID;
    return in.at == in.end && ret_note->signature_count > 0 ? LBX_OK : LBX_ERR_INVALID;
}

/* The bytes that a cosignature signs (tlog-cosignature, "Ed25519 signed message"). */
static void cosigned(const char *text, size_t text_len, uint64_t time, struct lbx_buf *out) {
    lbx_buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
    lbx_buf_add(out, text, text_len);
}

enum lbx_err lbx_note_signature_verify(const struct lbx_note_signature *signature, const char *text,
                                       size_t text_len, const struct lbx_verifier *verifier,
                                       uint64_t *ret_time) {
    struct lbx_buf message LBX_BUF = {0};
    bool is_timed = verifier->type == LBX_NOTE_COSIGNATURE;
    size_t ahead = is_timed ? TIME_LEN : 0;
    uint64_t time = 0;
    if (signature->key_id != verifier->key_id || strcmp(signature->name, verifier->name) != 0)
        return LBX_ERR_NOT_FOUND;
    if (signature->len != ahead + LBX_SIGNATURE_SIZE)
        return LBX_ERR_REFUSED;
    if (is_timed) {
        memcpy(&time, signature->bytes, sizeof time);
        time = be64toh(time);
        if (time > INT64_MAX)
            return LBX_ERR_REFUSED;
        cosigned(text, text_len, time, &message);
    } else {
        lbx_buf_add(&message, text, text_len);
    }
    if (!lbx_ed25519_verify(verifier->public_key, signature->bytes + ahead, message.data,
                            message.len))
        return LBX_ERR_REFUSED;
    if (ret_time)
        *ret_time = time;
    return LBX_OK;
}

enum lbx_err lbx_note_verify(const struct lbx_note *note, const struct lbx_verifier *verifier,
                             uint64_t *ret_time) {
    for (size_t i = 0; i < note->signature_count; i++) {
        enum lbx_err err = lbx_note_signature_verify(&note->signatures[i], note->text,
                                                     note->text_len, verifier, ret_time);
        if (err != LBX_ERR_NOT_FOUND)
            return err;
    }
    return LBX_ERR_NOT_FOUND;
}

void lbx_note_sign(const char *text, size_t text_len, const char *name, enum lbx_note_type type,
                   uint64_t time, const struct lbx_signing_key *key, struct lbx_buf *out) {
    struct lbx_buf message LBX_BUF = {0}, signature LBX_BUF = {0};
    unsigned char bytes[LBX_SIGNATURE_SIZE];
    lbx_buf_be32(&signature, key_id(name, type, key->public_key));
    if (type == LBX_NOTE_COSIGNATURE) {
        lbx_buf_be64(&signature, time);
        cosigned(text, text_len, time, &message);
    } else {
        lbx_buf_add(&message, text, text_len);
    }
    lbx_ed25519_sign(key->seed, message.data, message.len, bytes);
    lbx_buf_add(&signature, bytes, sizeof bytes);
    lbx_buf_printf(out, DASH "%s ", name);
    lbx_base64_encode(signature.data, signature.len, out);
    lbx_buf_char(out, '\n');
}
