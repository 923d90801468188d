/* Whether an item covers what an engineer is about to do. Pure: for who holds a request against what was signed, and
 * believes no database. */
#ifndef LBX_CORE_COVER_H
#define LBX_CORE_COVER_H

#include "event/payload.h"

/* As access_check's parameters: NULL is absent, which empty text is not. */
struct lbx_attempt {
    const char *action, *namespace, *kind, *name;
    const char *uid; /* of the object to be deleted; NULL: nobody knows it yet */
    const struct lbx_item_content
        *content;        /* of what a creation or an update makes; NULL: nobody knows it yet */
    bool is_asked_again; /* with the object's name and content: a creation may have no name here */
    bool in_every_namespace; /* whatever has the name is read: no item implies that */
};

/* By the table of items, with implied reading (docs/sql.md). Kept or not: the caller looks. */
bool lbx_item_covers(const struct lbx_item *item, const struct lbx_attempt *attempt);

#endif
