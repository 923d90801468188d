/* The grammar of JSON (RFC 8259), a token at a time and without values: what skim.c and recall.c read by.
 *
 * What is accepted, a parser accepts, and sees the same in it. Whatever is out of the ordinary is not: a member
 * twice in one object, \u escapes, an escape in a member's name, fractions and exponents, more than 18 digits, deep
 * nesting. Everything but lbx_scan_space answers whether the text had it.
 */
#ifndef LBX_EVENT_SCAN_H
#define LBX_EVENT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LBX_SCAN_DEPTH_MAX = 32, LBX_SCAN_KEYS_MAX = 128 };

/* A string between its quotes; plain: without an escape. */
struct lbx_scan_text {
    const char *at;
    size_t len;
    bool plain;
};

/* Where the reader stands. The names of the objects around are kept, to see one twice. */
struct lbx_scan {
    const char *at, *end;
    struct lbx_scan_text keys[LBX_SCAN_KEYS_MAX];
    size_t key_count;
    unsigned depth;
};

void lbx_scan_space(struct lbx_scan *s);
bool lbx_scan_take(struct lbx_scan *s, char wanted); /* behind white space */
bool lbx_scan_word(struct lbx_scan *s, const char *word);
bool lbx_scan_string(struct lbx_scan *s,
                     struct lbx_scan_text *ret_text); /* behind the opening quote */
bool lbx_scan_integer(struct lbx_scan *s, int64_t *ret_number);

/* A member's name and the colon. first: key_count when its object began, to which the caller sets it back. */
bool lbx_scan_key(struct lbx_scan *s, size_t first, struct lbx_scan_text *ret_key);

bool lbx_scan_past(struct lbx_scan *s); /* any value */

/* Around an object or a list. */
bool lbx_scan_enter(struct lbx_scan *s);
void lbx_scan_leave(struct lbx_scan *s);

#endif
