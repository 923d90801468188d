/* Whether an item covers an action of an engineer. Pure, for programs that check a signed
 * request instead of the database. */
#ifndef LBX_CORE_COVER_H
#define LBX_CORE_COVER_H

#include "event/payload.h"

/* The parameters of access_check; NULL is absent, empty text is not. */
struct lbx_attempt {
    const char *action, *namespace, *kind, *name;
    const char *uid;                        /* of the object to be deleted; NULL: not known yet */
    const struct lbx_item_content *content; /* of a creation or an update; NULL: not known yet */
    bool is_asked_again; /* with the object's name and content: a creation may have no name now */
    bool in_every_namespace; /* a list of all namespaces, which no item implies */
};

/* Decides by the item's rule, with implied reading (docs/sql.md). The caller checks `kept`. */
bool lbx_item_covers(const struct lbx_item *item, const struct lbx_attempt *attempt);

#endif
