/* Compares two JSON objects member by member. */
#ifndef LBX_JSON_COMPARE_H
#define LBX_JSON_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

struct lbx_json_part {
    const char *text;
    size_t len;
    const char *member;         /* the object is this member of text; NULL: text itself */
    const char *const *without; /* members to ignore, ended by NULL; NULL: none */
    const char *const *only;    /* the only members to compare, ended by NULL; NULL: all */
};

/* Whether both are objects with equal members, in any order. Numbers must have the same form: 1
 * is not equal to 1.0. */
bool lbx_json_same(const struct lbx_json_part *a, const struct lbx_json_part *b);

#endif
