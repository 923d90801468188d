/* The position in an HTML text, and whether the text is allowed in a mail.
 *
 * It parses a small, plain subset of HTML that all readers interpret alike: attribute values in
 * double quotes, elements and attributes of an allow-list, nothing that loads or runs. Anything
 * else is refused, so that a value's context is always known. Pure. */
#ifndef LBX_MAIL_MARKUP_H
#define LBX_MAIL_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

enum { LBX_MARKUP_NAME_SIZE = 16, LBX_MARKUP_VALUE_SIZE = 256 };

struct lbx_markup {
    int state;             /* 0: text */
    bool closing, is_link; /* in a closing tag; in an href that a value fills */
    char element[LBX_MARKUP_NAME_SIZE], attribute[LBX_MARKUP_NAME_SIZE];
    char value[LBX_MARKUP_VALUE_SIZE]; /* so far, in lower case; in <style> the last few bytes */
    size_t len;                        /* bytes read of the current construct */
};

/* What a value may be at the current position. */
enum lbx_markup_place {
    LBX_MARKUP_TEXT,
    LBX_MARKUP_ATTRIBUTE,
    LBX_MARKUP_LINK, /* the beginning of an href */
    LBX_MARKUP_NONE,
};

/* Reads the next byte; the struct starts zeroed. NULL, or the error in a few static words, after
 * which the struct cannot be used. */
const char *lbx_markup_feed(struct lbx_markup *markup, char c);

/* What a value may be at the current position. */
enum lbx_markup_place lbx_markup_place(const struct lbx_markup *markup);

/* Notes that a link fills the href, which may have nothing else. */
void lbx_markup_link(struct lbx_markup *markup);

#endif
