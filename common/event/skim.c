#include "event/skim.h"

#include "base/utf8.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH_MAX = 32, KEYS_MAX = 128, DIGITS_MAX = 18 };

struct key {
    const char *at;
    size_t len;
};

/* Where the reader stands. The keys of the objects around are kept, to see one twice. */
struct skimmer {
    const char *at, *end;
    struct lbx_skimmed *slots;
    struct key keys[KEYS_MAX];
    size_t key_count;
    unsigned depth;
};

static void skip_space(struct skimmer *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static bool take(struct skimmer *s, char wanted) {
    skip_space(s);
    bool there = s->at < s->end && *s->at == wanted;
    s->at += there;
    return there;
}

static bool take_word(struct skimmer *s, const char *word) {
    size_t len = strlen(word);
    bool there = (size_t)(s->end - s->at) >= len && memcmp(s->at, word, len) == 0;
    if (there)
        s->at += len;
    return there;
}

/* ---- strings ---- */

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bits of those of eight bytes that are a quote, a backslash, a control character or beyond ASCII (a byte b
 * of v is 0 where (v - 0x01…) & ~v has its high bit set). The lowest is right; above it borrows may add false ones. */
static uint64_t specials(const char *at) {
    uint64_t v;
    memcpy(&v, at, sizeof v);
    v = le64toh(v);
    uint64_t quote = v ^ EACH_BYTE('"'), slash = v ^ EACH_BYTE('\\');
    uint64_t found = ((quote - EACH_BYTE(1)) & ~quote) | ((slash - EACH_BYTE(1)) & ~slash) |
                     (v - EACH_BYTE(0x20)) | v;
    return found & EACH_BYTE(0x80);
}

/* Up to the next of those, or to what is left of eight bytes. */
static void skip_plain(struct skimmer *s) {
    while (s->end - s->at >= 32 &&
           !(specials(s->at) | specials(s->at + 8) | specials(s->at + 16) | specials(s->at + 24)))
        s->at += 32;
    while (s->end - s->at >= 8) {
        uint64_t found = specials(s->at);
        s->at += found ? __builtin_ctzll(found) / 8 : 8;
        if (found)
            return;
    }
}

/* Behind the opening quote. *ret_plain: no escape in it. */
static bool take_string(struct skimmer *s, struct key *ret_text, bool *ret_plain) {
    ret_text->at = s->at;
    *ret_plain = true;
    for (skip_plain(s); s->at < s->end; skip_plain(s)) {
        unsigned char c = (unsigned char)*s->at;
        if (c == '"') {
            ret_text->len = (size_t)(s->at++ - ret_text->at);
            return true;
        }
        if (c < 0x20)
            return false;
        if (c == '\\') {
            *ret_plain = false;
            if (s->end - s->at < 2 || !memchr("\"\\/bfnrt", s->at[1], 8))
                return false;
            s->at += 2;
        } else if (c < 0x80) {
            s->at++;
        } else {
            size_t size = lbx_utf8_len(s->at, (size_t)(s->end - s->at));
            if (size == 0)
                return false;
            s->at += size;
        }
    }
    return false;
}

/* ---- values ---- */

static bool take_number(struct skimmer *s) {
    s->at += s->at < s->end && *s->at == '-';
    const char *first = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    size_t digits = (size_t)(s->at - first);
    bool fraction = s->at < s->end && (*s->at == '.' || *s->at == 'e' || *s->at == 'E');
    return digits > 0 && digits <= DIGITS_MAX && !(digits > 1 && *first == '0') && !fraction;
}

static bool skim_value(struct skimmer *s, const struct lbx_skim_node *node);

static bool new_key(struct skimmer *s, size_t first, const struct key *key) {
    if (s->key_count == KEYS_MAX)
        return false;
    for (size_t i = first; i < s->key_count; i++)
        if (s->keys[i].len == key->len && memcmp(s->keys[i].at, key->at, key->len) == 0)
            return false;
    s->keys[s->key_count++] = *key;
    return true;
}

static const struct lbx_skim_node *find(const struct lbx_skim_node *nodes, size_t count,
                                        const struct key *key) {
    for (size_t i = 0; i < count; i++)
        if (nodes[i].name_len == key->len && memcmp(nodes[i].name, key->at, key->len) == 0)
            return &nodes[i];
    return NULL;
}

/* Behind the opening brace. */
static bool skim_members(struct skimmer *s, const struct lbx_skim_node *nodes, size_t count) {
    size_t first = s->key_count;
    if (take(s, '}'))
        return true;
    do {
        struct key key;
        bool plain;
        if (!take(s, '"') || !take_string(s, &key, &plain) || !plain || !new_key(s, first, &key) ||
            !take(s, ':') || !skim_value(s, find(nodes, count, &key)))
            return false;
    } while (take(s, ','));
    s->key_count = first;
    return take(s, '}');
}

static void forget(struct skimmer *s, const struct lbx_skim_node *node) {
    for (size_t i = 0; i < node->inside_count; i++)
        forget(s, &node->inside[i]);
    if (!node->inside)
        s->slots[node->slot] = (struct lbx_skimmed){0};
}

static bool skim_nested(struct skimmer *s, const struct lbx_skim_node *node, bool object);

/* A list with anything but objects in it would be none to a reader. */
static bool skim_object(struct skimmer *s, const struct lbx_skim_node *node) {
    forget(s, node);
    return take(s, '{') && skim_nested(s, node, true);
}

/* Behind the opening bracket. */
static bool skim_items(struct skimmer *s, const struct lbx_skim_node *list) {
    if (take(s, ']'))
        return true;
    do {
        if (list ? !skim_object(s, list) : !skim_value(s, NULL))
            return false;
    } while (take(s, ','));
    return take(s, ']');
}

static bool skim_string(struct skimmer *s, const struct lbx_skim_node *node) {
    struct key text;
    bool plain;
    if (!take_string(s, &text, &plain))
        return false;
    if (node && !node->inside) {
        if (!plain)
            return false;
        s->slots[node->slot] = (struct lbx_skimmed){text.at, text.len};
    }
    return true;
}

static bool skim_nested(struct skimmer *s, const struct lbx_skim_node *node, bool object) {
    if (++s->depth > DEPTH_MAX)
        return false;
    bool good = object ? skim_members(s, node ? node->inside : NULL, node ? node->inside_count : 0)
                       : skim_items(s, node && node->is_list ? node : NULL);
    s->depth--;
    return good;
}

static bool skim_value(struct skimmer *s, const struct lbx_skim_node *node) {
    skip_space(s);
    if (s->at == s->end)
        return false;
    switch (*s->at) {
    case '"':
        s->at++;
        return skim_string(s, node);
    case '{':
        s->at++;
        return skim_nested(s, node && !node->is_list ? node : NULL, true);
    case '[':
        s->at++;
        return skim_nested(s, node, false);
    case 't':
        return take_word(s, "true");
    case 'f':
        return take_word(s, "false");
    case 'n':
        return take_word(s, "null");
    default:
        return take_number(s);
    }
}

bool lbx_skim(const char *text, size_t len, const struct lbx_skim_node *nodes, size_t count,
              struct lbx_skimmed *slots, size_t slot_count) {
    struct skimmer s = {.at = text, .end = text + len, .slots = slots};
    const struct lbx_skim_node root = {.inside = nodes, .inside_count = count};
    memset(slots, 0, sizeof *slots * slot_count);
    skip_space(&s);
    if (s.at == s.end || *s.at != '{' || !skim_value(&s, &root))
        return false;
    skip_space(&s);
    return s.at == s.end;
}
