/* Tokenizes JSON text; strings eight bytes at a time. Promises not to read past the end, and not
 * to nest deeper than LBX_SCAN_DEPTH_MAX. Fails by returning false. */
#include "json/scan.h"

#include "base/utf8.h"

#include <endian.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

void lbx_scan_begin(struct lbx_scan *s, const char *text, size_t len) {
    s->at = text;
    s->end = text + len;
    s->key_count = 0;
    s->depth = 0;
}

bool lbx_scan_end(struct lbx_scan *s) {
    lbx_scan_space(s);
    return s->at == s->end;
}

bool lbx_scan_word(struct lbx_scan *s, const char *word) {
    size_t len = strlen(word);
    bool there = (size_t)(s->end - s->at) >= len && memcmp(s->at, word, len) == 0;
    if (there)
        s->at += len;
    return there;
}

/* ---- strings ---- */

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Marks, in the high bit of each of eight bytes, quotes, backslashes, control characters and
 * bytes above 0x7F. A byte of v is 0 where (v - 0x01…) & ~v has its high bit set. Only the
 * lowest mark is exact, as a borrow may set marks above it. */
static uint64_t specials(const char *at) {
    uint64_t v;
    memcpy(&v, at, sizeof v);
    v = le64toh(v);
    uint64_t quote = v ^ EACH_BYTE('"'), slash = v ^ EACH_BYTE('\\');
    uint64_t found = ((quote - EACH_BYTE(1)) & ~quote) | ((slash - EACH_BYTE(1)) & ~slash) |
                     (v - EACH_BYTE(0x20)) | v;
    return found & EACH_BYTE(0x80);
}

/* Skips plain characters, eight at a time. True: a special byte follows. */
static bool skip_eight(struct lbx_scan *s) {
    uint64_t found = specials(s->at);
    s->at += found ? __builtin_ctzll(found) / 8 : 8;
    return found;
}

/* Skips plain characters, up to a special byte or the last seven bytes of the text. */
static void skip_plain(struct lbx_scan *s) {
    for (int i = 0; i < 3 && s->end - s->at >= 8; i++)
        if (skip_eight(s))
            return;
    while (s->end - s->at >= 32 &&
           !(specials(s->at) | specials(s->at + 8) | specials(s->at + 16) | specials(s->at + 24)))
        s->at += 32;
    while (s->end - s->at >= 8)
        if (skip_eight(s))
            return;
}

/* The code unit of four hex digits; 0: invalid. */
static unsigned unit_of(const char *digits) {
    unsigned unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i], letter = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            unit = unit << 4 | (unsigned)(c - '0');
        else if (letter >= 'a' && letter <= 'f')
            unit = unit << 4 | (unsigned)(letter - 'a' + 10);
        else
            return 0;
    }
    return unit;
}

/* Bytes of the escape at the backslash; 0: invalid, or left to jansson. */
static size_t escape_len(const char *at, size_t len) {
    if (len < 2)
        return 0;
    if (memchr("\"\\/bfnrt", at[1], 8))
        return 2;
    unsigned unit = at[1] == 'u' && len >= 6 ? unit_of(at + 2) : 0;
    return unit != 0 && (unit & 0xF800) != 0xD800 ? 6 : 0;
}

bool lbx_scan_string(struct lbx_scan *s, struct lbx_scan_text *ret_text) {
    ret_text->at = s->at;
    ret_text->plain = true;
    for (skip_plain(s); s->at < s->end; skip_plain(s)) {
        unsigned char c = (unsigned char)*s->at;
        if (c == '"') {
            ret_text->len = (size_t)(s->at++ - ret_text->at);
            return true;
        }
        if (c < 0x20)
            return false;
        if (c == '\\') {
            ret_text->plain = false;
            size_t size = escape_len(s->at, (size_t)(s->end - s->at));
            if (size == 0)
                return false;
            s->at += size;
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

static char unescaped(char c) {
    static const char escapes[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *at = strchr(escapes, c);
    return at ? meant[at - escapes] : c;
}

/* Writes a code point below U+10000 as UTF-8; returns its size. */
static size_t put_point(unsigned point, char *to) {
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (char)(0xC0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | point >> 12);
    to[1] = (char)(0x80 | (point >> 6 & 0x3F));
    to[2] = (char)(0x80 | (point & 0x3F));
    return 3;
}

size_t lbx_scan_decode(const struct lbx_scan_text *text, char *to) {
    size_t len = 0;
    for (size_t i = 0; i < text->len; i++)
        if (text->at[i] != '\\') {
            to[len++] = text->at[i];
        } else if (text->at[++i] != 'u') {
            to[len++] = unescaped(text->at[i]);
        } else {
            len += put_point(unit_of(text->at + i + 1), to + len);
            i += 4;
        }
    to[len] = '\0';
    return len;
}

/* ---- values ---- */

static bool at_digit(const struct lbx_scan *s) {
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

bool lbx_scan_integer(struct lbx_scan *s, int64_t *ret_number) {
    const bool negative = s->at < s->end && *s->at == '-';
    s->at += negative;
    const char *first = s->at;
    int64_t number = 0;
    for (; at_digit(s) && s->at - first < DIGITS_MAX; s->at++)
        number = number * 10 + (*s->at - '0');
    *ret_number = negative ? -number : number;
    const bool none = s->at == first, zero_first = s->at - first > 1 && *first == '0';
    const bool goes_on = at_digit(s) || (s->at < s->end && memchr(".eE", *s->at, 3));
    return !none && !zero_first && !goes_on;
}

struct lbx_scan_object lbx_scan_object_begin(const struct lbx_scan *s) {
    return (struct lbx_scan_object){.first = s->key_count, .ascends = true};
}

void lbx_scan_object_end(struct lbx_scan *s, const struct lbx_scan_object *object) {
    s->key_count = object->first;
}

static bool is_behind(const struct lbx_scan_text *key, const struct lbx_scan_text *last) {
    size_t shorter = key->len < last->len ? key->len : last->len;
    int order = memcmp(key->at, last->at, shorter);
    return order > 0 || (order == 0 && key->len > last->len);
}

static bool is_there(const struct lbx_scan *s, const struct lbx_scan_object *object,
                     const struct lbx_scan_text *key) {
    for (size_t i = object->first; i < s->key_count; i++)
        if (s->keys[i].len == key->len && s->keys[i].at[0] == key->at[0] &&
            memcmp(s->keys[i].at, key->at, key->len) == 0)
            return true;
    return false;
}

/* Whether the name is new in its object. A name behind all earlier ones in byte order is. Where
 * `keys` has no room for sorted names, an unsorted one is refused. */
static bool is_new(struct lbx_scan *s, struct lbx_scan_object *object,
                   const struct lbx_scan_text *key) {
    const bool is_full = s->key_count == LBX_SCAN_KEYS_MAX;
    object->ascends = object->ascends && (!object->last.at || is_behind(key, &object->last));
    object->last = *key;
    if (!object->ascends && (is_full || is_there(s, object, key)))
        return false;
    if (!is_full)
        s->keys[s->key_count++] = *key;
    return true;
}

bool lbx_scan_key(struct lbx_scan *s, struct lbx_scan_object *object,
                  struct lbx_scan_text *ret_key) {
    return lbx_scan_take(s, '"') && lbx_scan_string(s, ret_key) && ret_key->plain &&
           is_new(s, object, ret_key) && lbx_scan_take(s, ':');
}

static bool pass_members(struct lbx_scan *s) {
    struct lbx_scan_object object = lbx_scan_object_begin(s);
    struct lbx_scan_text key;
    if (lbx_scan_take(s, '}'))
        return true;
    do {
        if (!lbx_scan_key(s, &object, &key) || !lbx_scan_past(s))
            return false;
    } while (lbx_scan_take(s, ','));
    lbx_scan_object_end(s, &object);
    return lbx_scan_take(s, '}');
}

static bool pass_items(struct lbx_scan *s) {
    if (lbx_scan_take(s, ']'))
        return true;
    do {
        if (!lbx_scan_past(s))
            return false;
    } while (lbx_scan_take(s, ','));
    return lbx_scan_take(s, ']');
}

bool lbx_scan_enter(struct lbx_scan *s) {
    return ++s->depth <= LBX_SCAN_DEPTH_MAX;
}

void lbx_scan_leave(struct lbx_scan *s) {
    s->depth--;
}

static bool pass_nested(struct lbx_scan *s, bool (*pass)(struct lbx_scan *s)) {
    bool good = lbx_scan_enter(s) && pass(s);
    lbx_scan_leave(s);
    return good;
}

bool lbx_scan_past(struct lbx_scan *s) {
    struct lbx_scan_text text;
    int64_t number;
    lbx_scan_space(s);
    if (s->at == s->end)
        return false;
    switch (*s->at) {
    case '"':
        s->at++;
        return lbx_scan_string(s, &text);
    case '{':
        s->at++;
        return pass_nested(s, pass_members);
    case '[':
        s->at++;
        return pass_nested(s, pass_items);
    case 't':
        return lbx_scan_word(s, "true");
    case 'f':
        return lbx_scan_word(s, "false");
    case 'n':
        return lbx_scan_word(s, "null");
    default:
        return lbx_scan_integer(s, &number);
    }
}
