/* A tokenizer of JSON (RFC 8259) that makes no values, for read.c.
 *
 * Accepted text is accepted by jansson, with the same result. Refused is malformed text, and
 * text that is left to jansson: a member twice in one object, \u escapes of NUL and of
 * surrogates, an escape in a member's name, fractions and exponents, more than 18 digits, more
 * than LBX_SCAN_KEYS_MAX names at once that are not sorted, and nesting beyond
 * LBX_SCAN_DEPTH_MAX. Each function returns whether the text has what its name says; after false
 * the position is unspecified. */
#ifndef LBX_JSON_SCAN_H
#define LBX_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LBX_SCAN_DEPTH_MAX = 32, LBX_SCAN_KEYS_MAX = 128 };

/* The bytes between a string's quotes; plain: without an escape. */
struct lbx_scan_text {
    const char *at;
    size_t len;
    bool plain;
};

/* The position in a text, with the names so far of each object around it, to find a member
 * twice. */
struct lbx_scan {
    const char *at, *end;
    size_t key_count;
    unsigned depth;
    struct lbx_scan_text keys[LBX_SCAN_KEYS_MAX]; /* the first key_count are set */
};

/* The members so far of one object. */
struct lbx_scan_object {
    size_t first;              /* index of its first name in keys */
    struct lbx_scan_text last; /* the last name; at NULL: none yet */
    bool ascends;              /* names are in byte order so far */
};

void lbx_scan_begin(struct lbx_scan *s, const char *text, size_t len);

/* Skips white space. */
static inline void lbx_scan_space(struct lbx_scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

/* Takes the character, behind white space. */
static inline bool lbx_scan_take(struct lbx_scan *s, char wanted) {
    lbx_scan_space(s);
    bool there = s->at < s->end && *s->at == wanted;
    s->at += there;
    return there;
}

/* Whether the character is next, behind white space. */
static inline bool lbx_scan_is_next(struct lbx_scan *s, char wanted) {
    lbx_scan_space(s);
    return s->at < s->end && *s->at == wanted;
}

bool lbx_scan_word(struct lbx_scan *s, const char *word);
bool lbx_scan_string(struct lbx_scan *s,
                     struct lbx_scan_text *ret_text); /* from behind the opening quote */

/* Decodes a string to `to`, which has room for text->len + 1 bytes; returns its length. A NUL follows. */
size_t lbx_scan_decode(const struct lbx_scan_text *text, char *to);

/* Takes an integer of at most 18 digits, without fraction or exponent. */
bool lbx_scan_integer(struct lbx_scan *s, int64_t *ret_number);

/* Called before and after an object's members. */
struct lbx_scan_object lbx_scan_object_begin(const struct lbx_scan *s);
void lbx_scan_object_end(struct lbx_scan *s, const struct lbx_scan_object *object);

/* Takes a member's name and the colon. */
bool lbx_scan_key(struct lbx_scan *s, struct lbx_scan_object *object,
                  struct lbx_scan_text *ret_key);

bool lbx_scan_past(struct lbx_scan *s); /* skips any value */
bool lbx_scan_end(struct lbx_scan *s);  /* white space up to the end of the text */

/* Called before and after the inside of an object or a list; counts the depth. */
bool lbx_scan_enter(struct lbx_scan *s);
void lbx_scan_leave(struct lbx_scan *s);

#endif
