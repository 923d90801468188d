/* Where in an HTML text one stands, and whether the text keeps to what a mail may show.
 *
 * Not a parser of all HTML, but of a small, plain subset that every reader takes the same way:
 * attribute values in double quotes, elements and attributes of an allow-list, nothing that loads
 * or runs. Anything else is refused, so that the place of a value is never in doubt. Pure.
 */
#ifndef LBX_MAIL_MARKUP_H
#define LBX_MAIL_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

enum { LBX_MARKUP_NAME_SIZE = 16, LBX_MARKUP_VALUE_SIZE = 256 };

struct lbx_markup {
    int state;             /* 0: in text */
    bool closing, is_link; /* a closing tag; an href that a value fills */
    char element[LBX_MARKUP_NAME_SIZE], attribute[LBX_MARKUP_NAME_SIZE];
    char value[LBX_MARKUP_VALUE_SIZE]; /* so far, in lower case; of <style> the last few bytes */
    size_t len;                        /* of what is being read */
};

/* What a value may be where one stands. */
enum lbx_markup_place {
    LBX_MARKUP_TEXT,
    LBX_MARKUP_ATTRIBUTE,
    LBX_MARKUP_LINK, /* the beginning of an href */
    LBX_MARKUP_NONE,
};

/* The next byte, from a struct that began zeroed. NULL, or what is wrong in a few static words;
 * after those the struct is of no more use. */
const char *lbx_markup_feed(struct lbx_markup *markup, char c);

enum lbx_markup_place lbx_markup_place(const struct lbx_markup *markup);

/* A link stands here: the href holds nothing else. */
void lbx_markup_link(struct lbx_markup *markup);

#endif
