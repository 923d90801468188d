/* Finds a few strings in a JSON text without building it, an order of magnitude faster than parsing.
 *
 * It goes over the whole text, and answers only where a parser would say the same: anything out of the
 * ordinary (a member twice, \u escapes, fractions, deep nesting, an escape in a string that is looked for,
 * anything ill-formed) it leaves to the parser.
 */
#ifndef LBX_EVENT_SKIM_H
#define LBX_EVENT_SKIM_H

#include <stdbool.h>
#include <stddef.h>

/* A member that is looked for: a string, an object in which others are, or a list of such objects, whose last one
 * counts. */
struct lbx_skim_node {
    const char *name;
    size_t name_len;
    const struct lbx_skim_node *inside; /* members of the object; NULL: it is a string */
    size_t inside_count;
    size_t slot; /* of a string */
    bool is_list;
};

#define LBX_SKIM_NAME(text) .name = (text), .name_len = sizeof(text) - 1

struct lbx_skimmed {
    const char *at; /* into the text; NULL: not there, or no string */
    size_t len;
};

/* True: slots tell all there is. False: ask a parser; slots are undefined. */
bool lbx_skim(const char *text, size_t len, const struct lbx_skim_node *nodes, size_t count,
              struct lbx_skimmed *slots, size_t slot_count);

#endif
