/* The grammar of JSON (RFC 8259), a token at a time and without values: what read.c reads by.
 *
 * What these functions accept, jansson accepts, and sees the same in it. They refuse ill-formed
 * text, and text out of the ordinary, which is left to jansson: a member twice in one object, \u
 * escapes of NUL and of surrogates, an escape in a member's name, fractions and exponents, more than 18
 * digits, more than LBX_SCAN_KEYS_MAX names at once that do not stand in byte order, nesting beyond
 * LBX_SCAN_DEPTH_MAX. Each function returns whether
 * the text had what it is named for; after false the position is unspecified.
 */
#ifndef LBX_JSON_SCAN_H
#define LBX_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LBX_SCAN_DEPTH_MAX = 32, LBX_SCAN_KEYS_MAX = 128 };

/* What stands between a string's quotes; plain: without an escape. */
struct lbx_scan_text {
    const char *at;
    size_t len;
    bool plain;
};

/* The position in a text. The names of the members seen so far in each object around the position
 * are kept, to find a member twice. */
struct lbx_scan {
    const char *at, *end;
    size_t key_count;
    unsigned depth;
    struct lbx_scan_text keys[LBX_SCAN_KEYS_MAX]; /* key_count of them are set */
};

/* The members of one object so far. */
struct lbx_scan_object {
    size_t first;              /* of its names in keys */
    struct lbx_scan_text last; /* the last one's name; at NULL: none yet */
    bool ascends;              /* each name stands behind the one before in byte order */
};

void lbx_scan_begin(struct lbx_scan *s, const char *text, size_t len);

/* Passes white space, if there is any. */
static inline void lbx_scan_space(struct lbx_scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

/* White space, then that character. */
static inline bool lbx_scan_take(struct lbx_scan *s, char wanted) {
    lbx_scan_space(s);
    bool there = s->at < s->end && *s->at == wanted;
    s->at += there;
    return there;
}

/* Whether that character comes next, behind white space. */
static inline bool lbx_scan_is_next(struct lbx_scan *s, char wanted) {
    lbx_scan_space(s);
    return s->at < s->end && *s->at == wanted;
}

bool lbx_scan_word(struct lbx_scan *s, const char *word);
bool lbx_scan_string(struct lbx_scan *s,
                     struct lbx_scan_text *ret_text); /* from behind the opening quote */

/* What a string stands for, to `to`, which has room for text->len + 1 bytes; returns its length. A NUL follows. */
size_t lbx_scan_decode(const struct lbx_scan_text *text, char *to);

bool lbx_scan_integer(struct lbx_scan *s, int64_t *ret_number);

/* Before and after an object's members. */
struct lbx_scan_object lbx_scan_object_begin(const struct lbx_scan *s);
void lbx_scan_object_end(struct lbx_scan *s, const struct lbx_scan_object *object);

/* A member's name and the colon. */
bool lbx_scan_key(struct lbx_scan *s, struct lbx_scan_object *object,
                  struct lbx_scan_text *ret_key);

bool lbx_scan_past(struct lbx_scan *s); /* any value, of which nothing is read */
bool lbx_scan_end(struct lbx_scan *s);  /* white space up to the end of the text */

/* Before and after the inside of an object or a list; they count its depth. */
bool lbx_scan_enter(struct lbx_scan *s);
void lbx_scan_leave(struct lbx_scan *s);

#endif
