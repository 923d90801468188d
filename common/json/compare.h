/* Two JSON objects compared member by member. */
#ifndef LBX_JSON_COMPARE_H
#define LBX_JSON_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

struct lbx_json_part {
    const char *text;
    size_t len;
    const char *member;  /* the object is this member of text; NULL: text itself */
    const char *without; /* a member of the object that does not count; NULL: every one counts */
    const char *const *only; /* the members that count, ended by NULL; NULL: every one counts */
};

/* Whether both are objects with the same members, in any order. A number is the same only in the same
 * form: 1 is not 1.0. */
bool lbx_json_same(const struct lbx_json_part *a, const struct lbx_json_part *b);

#endif
